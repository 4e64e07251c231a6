package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/peering/peering/internal/peering"
)

// once is what the header Idempotency-Key of a creation asks for; nothing where it is absent. The request is all that
// the key may not be used with another one of.
func once(ctx context.Context, key string, request ...any) (peering.Once, error) {
	if key == "" {
		return peering.Once{}, nil
	}
	text, err := json.Marshal(request)
	if err != nil {
		return peering.Once{}, fmt.Errorf("request with an idempotency key: %w", err)
	}
	hash := sha256.Sum256(text)
	return peering.Once{Project: callerOf(ctx).project, Key: unquoted(key), Request: hex.EncodeToString(hash[:])}, nil
}

// unquoted is a key without the quotes of a string of a structured field (RFC 8941, section 3.3.3).
func unquoted(key string) string {
	inner, ok := strings.CutPrefix(key, `"`)
	if !ok {
		return key
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.TrimSuffix(inner, `"`))
}

// replayedHeader is the header Idempotency-Replayed: absent from a first answer.
func replayedHeader(replayed bool) *bool {
	if !replayed {
		return nil
	}
	return &replayed
}
