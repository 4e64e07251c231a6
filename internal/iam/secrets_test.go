package iam_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

// requestSecrets returns the values in a request that must not be repeated.
func requestSecrets(r *http.Request) []string {
	secrets := append([]string{aliceToken, carolToken, bobKey, bobSecret, hashOf(aliceToken)}, r.Header["X-Auth-Token"]...)
	for _, value := range r.Header["Authorization"] {
		_, parts, _ := strings.Cut(value, " ")
		for part := range strings.SplitSeq(parts, ",") {
			_, value, _ := strings.Cut(part, "=")
			secrets = append(secrets, parts, value)
		}
	}
	return secrets
}

// wantNoSecret fails the test if the text contains one of the secrets. Strings
// shorter than six bytes don't count.
func wantNoSecret(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if len(secret) > 5 && !strings.Contains(secret, "x-sdk-date") && strings.Contains(text, secret) {
			t.Errorf("%q contains the secret %q", text, secret)
		}
	}
}

// formatted returns an error and its causes in every format that a log could
// use.
func formatted(err error) string {
	var text strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&text, "%v %+v %#v\n", err, err, err)
	}
	return text.String()
}

func TestErrorsContainNoSecret(t *testing.T) {
	for name, r := range invalidCredentials(t) {
		t.Run(name, func(t *testing.T) {
			f, _, log := newFile(t, credentialsText(), newClock())
			_, err := f.Authenticate(r, project)
			wantCode(t, err, peering.Unauthenticated)
			wantNoSecret(t, formatted(err)+log.String(), requestSecrets(r)...)
		})
	}
}

func TestErrorForAnExpiredTokenContainsNoSecret(t *testing.T) {
	c := newClock()
	f, _, log := newFile(t, credentialsText(), c)
	c.advance(24 * 3600e9)
	r := tokenRequest(t, carolToken)
	_, err := f.Authenticate(r, project)
	wantCode(t, err, peering.TokenExpired)
	wantNoSecret(t, formatted(err)+log.String(), requestSecrets(r)...)
}
