// Package iam finds out who is calling. A File knows tokens and access keys that its operator lists, Keystone knows the
// tokens that an OpenStack identity service issues, and Believe takes every caller at his word, for trials on one machine.
//
// Whatever is wrong with credentials, the caller learns only that they are not valid. Why stands in the cause of the error,
// for the log, and never holds a token, a key, a password or a signature.
package iam

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/peering/peering/internal/peering"
)

const (
	tokenHeader         = "X-Auth-Token" //nolint:gosec // a name, no token
	authorizationHeader = "Authorization"

	// maxToken is how long a token may be, in bytes. Keystone's Fernet tokens have about 255, signed ones some hundreds.
	maxToken = 16 << 10
)

// An Authenticator finds out who sent a request. Named is the project that the request names, in its path or in the header
// X-Project-Id, and may be empty; whether it is the caller's is for others to check. Any number of goroutines may use it.
//
// Its errors are of type *peering.Error:
//   - Unauthenticated for credentials that are missing or wrong;
//   - TokenExpired for a token that is known to have expired;
//   - Forbidden for a token without a role that means something here;
//   - Unavailable where those who know did not answer;
//   - Invalid for a request whose body can't be read or, then errors.Is(err, ErrBodyTooLarge), is too large to be checked.
type Authenticator interface {
	Authenticate(r *http.Request, named peering.ID) (peering.Caller, error)
}

// Believe answers an Authenticator that takes every caller for a user of the project that he names, who may do everything.
// Whoever reaches the service can act for any project. What he names may be no project at all.
func Believe() Authenticator {
	return believer{}
}

type believer struct{}

func (believer) Authenticate(_ *http.Request, named peering.ID) (peering.Caller, error) {
	return peering.Caller{Project: named, Roles: []peering.Role{peering.Admin}}, nil
}

// refuse answers the one error of all bad credentials; the format and its arguments say why, for the log.
func refuse(format string, args ...any) error {
	return &peering.Error{
		Code:    peering.Unauthenticated,
		Message: "The request carries no valid credentials.",
		Err:     fmt.Errorf(format, args...),
	}
}

// expired answers the error of a token that was good once; the format and its arguments say more, for the log.
func expired(format string, args ...any) error {
	return &peering.Error{Code: peering.TokenExpired, Message: "The token has expired.", Err: fmt.Errorf(format, args...)}
}

// tokenOf answers the token of a request that carries one and no other credentials.
func tokenOf(r *http.Request) (string, error) {
	values := r.Header[tokenHeader]
	switch {
	case len(values) == 0:
		return "", errors.New("neither a token nor a signature")
	case len(r.Header[authorizationHeader]) > 0:
		return "", errors.New("a token and the header Authorization at once")
	case len(values) > 1:
		return "", fmt.Errorf("%d headers %s", len(values), tokenHeader)
	}
	token := values[0]
	switch {
	case token == "":
		return "", errors.New("the token is empty")
	case len(token) > maxToken:
		return "", fmt.Errorf("the token has %d bytes, more than %d", len(token), maxToken)
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", errors.New("the token has characters that no token has")
	}
	return token, nil
}
