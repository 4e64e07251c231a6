package client

import "crypto/rand"

// A CreateOption changes how something is created.
type CreateOption func(*creation)

type creation struct {
	key string
}

// IdempotencyKey names a creation, by 1 to 255 visible characters: as often as it is asked for by the same name with the
// same request, within 24 hours, it happens once and is answered what it was answered first. So whoever keeps the key can
// make the call again after a crash. The default is a name that each call makes up for its own attempts.
func IdempotencyKey(key string) CreateOption {
	return func(c *creation) { c.key = key }
}

// key answers the key of a creation; empty where nobody named one and nothing is sent again.
func (c *Client) key(opts []CreateOption) string {
	var wanted creation
	for _, opt := range opts {
		opt(&wanted)
	}
	if wanted.key == "" && c.keyed {
		return rand.Text()
	}
	return wanted.key
}

// keyed answers the parameters of a creation, nil without a key.
func keyed[T any](params *T, key string) *T {
	if key == "" {
		return nil
	}
	return params
}
