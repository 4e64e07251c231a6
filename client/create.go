package client

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/peering/peering/gen"
)

// idempotencyKeyHeader is defined by draft-ietf-httpapi-idempotency-key-header.
const idempotencyKeyHeader = "Idempotency-Key"

// A CreateOption configures a create.
type CreateOption func(*createOptions)

type createOptions struct {
	idempotencyKey string
}

// IdempotencyKey sets the idempotency key of a create, 1 to 255 visible ASCII
// characters. For 24 hours the service performs a create with the same key and
// the same request only once and returns the original response to every
// repetition; a different request with that key fails with an error that
// satisfies IsKeyReused. A program that stores the key can therefore repeat the
// call after a crash. The default is a random key per call, which covers the
// retries of that call only.
func IdempotencyKey(key string) CreateOption {
	return func(o *createOptions) { o.idempotencyKey = key }
}

// withIdempotencyKey returns the request editor that sets the key of a create:
// the one in the options, else a random one. It sets none if there is no key in
// the options and the client does not retry.
func (c *Client) withIdempotencyKey(opts []CreateOption) gen.RequestEditorFn {
	var o createOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.idempotencyKey == "" && c.generateKeys {
		o.idempotencyKey = rand.Text()
	}
	return func(_ context.Context, r *http.Request) error {
		if o.idempotencyKey != "" {
			r.Header.Set(idempotencyKeyHeader, o.idempotencyKey)
		}
		return checkHeader(idempotencyKeyHeader, o.idempotencyKey)
	}
}
