// Package iam authenticates requests. A File knows the tokens and access keys
// that a file lists, Keystone validates the tokens of an OpenStack identity
// service, and NoAuth trusts every request.
//
// Their Authenticate methods return the caller of a request. The project
// argument is the project that the request names in its path or in the header
// X-Project-Id, and may be empty; checking it against the caller's project is
// left to the server. All methods are safe for concurrent use. Errors are of
// type *peering.Error, with one of these codes:
//   - Unauthenticated: the credentials are missing or invalid;
//   - TokenExpired: the token was valid and has expired;
//   - Forbidden: the token has no role in this service;
//   - Unavailable: the identity service did not respond;
//   - Invalid: the body of a signed request can't be read. The cause is an
//     *http.MaxBytesError if it has more than File.MaxBody bytes.
//
// The message of an Unauthenticated error is always the same. Its cause, meant
// for the log, gives the reason. No error contains a token, a key, a password
// or a signature.
package iam

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/peering/peering/internal/peering"
)

const (
	tokenHeader         = "X-Auth-Token" //nolint:gosec // a header name, not a credential
	authorizationHeader = "Authorization"

	// maxTokenLength is in bytes. Keystone's Fernet tokens have about 255, its
	// JWS tokens several hundred.
	maxTokenLength = 16 << 10
)

// NoAuth doesn't authenticate requests. It returns an administrator of whichever
// project the request names, so a client that can reach the service can act for
// any project.
type NoAuth struct{}

// Authenticate returns an administrator of project, which need not be a valid
// id, and a nil error.
func (NoAuth) Authenticate(_ *http.Request, project peering.ID) (peering.Caller, error) {
	return peering.Caller{Project: project, Roles: []peering.Role{peering.Admin}}, nil
}

// unauthenticated returns the error for missing or invalid credentials. The
// format and its arguments give the reason for the log.
func unauthenticated(format string, args ...any) error {
	return &peering.Error{
		Code:    peering.Unauthenticated,
		Message: "The request carries no valid credentials.",
		Err:     fmt.Errorf(format, args...),
	}
}

func tokenExpired(caller peering.Caller) error {
	return &peering.Error{
		Code:    peering.TokenExpired,
		Message: "The token has expired.",
		Err:     fmt.Errorf("token of user %q in project %s", caller.User, caller.Project),
	}
}

// requestToken returns the token of a request. It returns an error if the
// request has no token, a malformed one, or other credentials as well.
func requestToken(r *http.Request) (string, error) {
	values := r.Header[tokenHeader]
	switch {
	case len(values) == 0:
		return "", errors.New("there is neither a token nor a signature")
	case len(r.Header[authorizationHeader]) > 0:
		return "", fmt.Errorf("there are both a token and the header %s", authorizationHeader)
	case len(values) > 1:
		return "", fmt.Errorf("there are %d headers %s", len(values), tokenHeader)
	}
	token := values[0]
	switch {
	case token == "":
		return "", errors.New("the token is empty")
	case len(token) > maxTokenLength:
		return "", fmt.Errorf("the token has %d bytes, more than %d", len(token), maxTokenLength)
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", errors.New("the token has characters other than printable ASCII")
	}
	return token, nil
}
