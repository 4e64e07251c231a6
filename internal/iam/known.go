package iam

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/peering/peering/internal/peering"
)

// maxKnown is how many tokens are remembered, each by its hash, in some hundred bytes.
const maxKnown = 10_000

// knownToken is what was said of a token, believed until then.
type knownToken struct {
	caller         peering.Caller
	expires, until time.Time
}

// callerAt answers whose the token is, or that it has expired.
func (t knownToken) callerAt(now time.Time) (peering.Caller, error) {
	if !now.Before(t.expires) {
		return peering.Caller{}, expired("token of user %q in project %s", t.caller.User, t.caller.Project)
	}
	return t.caller, nil
}

// knownTokens remembers tokens by their hashes, up to a number of them.
type knownTokens struct {
	max int

	mu     sync.Mutex
	tokens map[[sha256.Size]byte]knownToken
}

func newKnownTokens(most int) *knownTokens {
	return &knownTokens{max: most, tokens: map[[sha256.Size]byte]knownToken{}}
}

// get answers what is known of a token, if that is to be believed still. That a token has expired stays true.
func (k *knownTokens) get(sum [sha256.Size]byte, now time.Time) (knownToken, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, ok := k.tokens[sum]
	return t, ok && (now.Before(t.until) || !now.Before(t.expires))
}

// put remembers a token. Where there is no room it forgets another one, whichever that is: if it is in use it is asked for
// again.
func (k *knownTokens) put(sum [sha256.Size]byte, t knownToken) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for other := range k.tokens {
		if len(k.tokens) < k.max {
			break
		}
		delete(k.tokens, other)
	}
	k.tokens[sum] = t
}
