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

// idempotency returns the idempotency record of a request with the given
// Idempotency-Key header; its zero value if the header is absent. The
// fingerprint covers the operation and its decoded parameters and body, so a
// retry may differ in whitespace.
func idempotency(ctx context.Context, key, operation string, request ...any) (peering.Idempotency, error) {
	if key == "" {
		return peering.Idempotency{}, nil
	}
	fingerprint, err := json.Marshal(append([]any{operation}, request...))
	if err != nil {
		return peering.Idempotency{}, fmt.Errorf("fingerprint of %s: %w", operation, err)
	}
	hash := sha256.Sum256(fingerprint)
	return peering.Idempotency{Project: callerOf(ctx).project, Key: unquote(key), Request: hex.EncodeToString(hash[:])}, nil
}

// unquote removes the quotes and escapes of a structured field string
// (RFC 8941, section 3.3.3). It returns unquoted keys unchanged.
func unquote(key string) string {
	inner, ok := strings.CutPrefix(key, `"`)
	if !ok {
		return key
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.TrimSuffix(inner, `"`))
}

// replayedHeader returns the value of Idempotency-Replayed, or nil to omit the
// header from an original response.
func replayedHeader(replayed bool) *bool {
	if !replayed {
		return nil
	}
	return &replayed
}
