package iam

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/peering/peering/internal/peering"
)

// maxCachedTokens bounds the token cache. An entry takes a few hundred bytes.
const maxCachedTokens = 10_000

// A cachedToken is Keystone's verdict on a valid token.
type cachedToken struct {
	caller peering.Caller
	// expires is the expiry of the token, staleAt that of the cache entry.
	expires, staleAt time.Time
}

// callerAt returns the caller, or an error if the token has expired.
func (t cachedToken) callerAt(now time.Time) (peering.Caller, error) {
	if !now.Before(t.expires) {
		return peering.Caller{}, tokenExpired(t.caller)
	}
	return t.caller, nil
}

// A tokenCache caches tokens by their SHA-256. It is safe for concurrent use.
type tokenCache struct {
	size int

	mu     sync.Mutex
	tokens map[[sha256.Size]byte]cachedToken
}

func newTokenCache(size int) *tokenCache {
	return &tokenCache{size: size, tokens: map[[sha256.Size]byte]cachedToken{}}
}

// get returns an entry that is not stale. The entry of an expired token never
// gets stale.
func (c *tokenCache) get(sum [sha256.Size]byte, now time.Time) (cachedToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.tokens[sum]
	return t, ok && (now.Before(t.staleAt) || !now.Before(t.expires))
}

// put adds an entry. If the cache is full it evicts an arbitrary one: a token
// that is still in use is validated again.
func (c *tokenCache) put(sum [sha256.Size]byte, t cachedToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.tokens {
		if len(c.tokens) < c.size {
			break
		}
		delete(c.tokens, other)
	}
	c.tokens[sum] = t
}
