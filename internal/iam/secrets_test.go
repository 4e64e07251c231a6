package iam_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

// secretsOf answers what a request carries that nobody may repeat.
func secretsOf(r *http.Request) []string {
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

// wantNoSecret fails the test where a text repeats one of the secrets; what is shorter than six bytes is none.
func wantNoSecret(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if len(secret) > 5 && !strings.Contains(secret, "x-sdk-date") && strings.Contains(text, secret) {
			t.Errorf("%q repeats %q", text, secret)
		}
	}
}

// printed answers an error in all the ways in which a log could write it.
func printed(err error) string {
	var text strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&text, "%v %+v %#v\n", err, err, err)
	}
	return text.String()
}

func TestErrorsRepeatNoSecret(t *testing.T) {
	for what, r := range badCredentials(t) {
		t.Run(what, func(t *testing.T) {
			f, _, log := fileOf(t, listing(), newClock())
			_, err := f.Authenticate(r, project)
			wantCode(t, err, peering.Unauthenticated)
			wantNoSecret(t, printed(err)+log.String(), secretsOf(r)...)
		})
	}
}

func TestErrorOfAnExpiredTokenRepeatsNoSecret(t *testing.T) {
	c := newClock()
	f, _, log := fileOf(t, listing(), c)
	c.pass(24 * 3600e9)
	r := withToken(t, carolToken)
	_, err := f.Authenticate(r, project)
	wantCode(t, err, peering.TokenExpired)
	wantNoSecret(t, printed(err)+log.String(), secretsOf(r)...)
}
