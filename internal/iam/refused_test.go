package iam_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

// badCredentials are requests with credentials that nobody takes, by what is wrong with them.
func badCredentials(t *testing.T) map[string]*http.Request {
	t.Helper()
	bad := map[string]*http.Request{
		"none":                         get(t),
		"an empty token":               withToken(t, ""),
		"an unknown token":             withToken(t, "token-of-nobody"),
		"a token in capitals":          withToken(t, strings.ToUpper(aliceToken)),
		"the start of a token":         withToken(t, aliceToken[:len(aliceToken)-1]),
		"a token and more":             withToken(t, aliceToken+"x"),
		"a token in quotes":            withToken(t, `"`+aliceToken+`"`),
		"two tokens in one header":     withToken(t, aliceToken+", "+aliceToken),
		"the hash of a token":          withToken(t, hashOf(aliceToken)),
		"a token with a tab":           withToken(t, "token\tof-alice"),
		"a token that is not ASCII":    withToken(t, aliceToken+"é"),
		"a token one byte too long":    withToken(t, strings.Repeat("a", 16<<10+1)),
		"a token of 64 KiB":            withToken(t, strings.Repeat("a", 64<<10)),
		"two headers with one token":   get(t, "X-Auth-Token: "+aliceToken, "X-Auth-Token: "+aliceToken),
		"a token and an empty one":     get(t, "X-Auth-Token: "+aliceToken, "X-Auth-Token:"),
		"a token and a signature":      get(t, "X-Auth-Token: "+aliceToken, "Authorization: "+byBob().authorization()),
		"a token and an empty header":  get(t, "X-Auth-Token: "+aliceToken, "Authorization:"),
		"a token under another name":   get(t, "X-Subject-Token: "+aliceToken),
		"a token in a cookie":          get(t, "Cookie: X-Auth-Token="+aliceToken),
		"an empty header":              get(t, "Authorization:"),
		"a bearer":                     get(t, "Authorization: Bearer "+aliceToken),
		"a password":                   get(t, "Authorization: Basic YWxpY2U6cGFzc3dvcmQ="),
		"another way of signing":       get(t, "Authorization: V11-HMAC-SHA256 Credential="+bobKey+"/20261124/region/vpc, SignedHeaders=x-sdk-date, Signature="+hashOf("")),
		"a scheme without parts":       get(t, "Authorization: SDK-HMAC-SHA256"),
		"a scheme with one empty part": get(t, "Authorization: SDK-HMAC-SHA256 ,"),
	}
	maps.Copy(bad, badSignatures(t))
	return bad
}

// badSignatures are variations of a request that bob signed.
func badSignatures(t *testing.T) map[string]*http.Request {
	t.Helper()
	send := func(s signedRequest, authorization string, more ...string) *http.Request {
		return raw(t, s.body, s.lines(authorization, more...)...)
	}
	good := byBob()
	authorization := good.authorization()
	// edited answers the request with a part of the header Authorization replaced.
	edited := func(old, with string) *http.Request {
		return send(good, strings.Replace(authorization, old, with, 1))
	}
	// changed answers a request that was signed as it is, after a change.
	changed := func(change func(*signedRequest), more ...string) *http.Request {
		s := byBob()
		change(&s)
		return send(s, s.authorization(), more...)
	}
	// moved answers a request with the signature of another one.
	moved := func(change func(*signedRequest)) *http.Request {
		s := byBob()
		change(&s)
		return send(s, authorization)
	}
	_, mac, _ := strings.Cut(authorization, "Signature=")
	return map[string]*http.Request{
		"the scheme in lower case":        edited("SDK-HMAC-SHA256", "sdk-hmac-sha256"),
		"the scheme with a letter more":   edited("SDK-HMAC-SHA256", "SDK-HMAC-SHA2566"),
		"no space after the scheme":       edited("SDK-HMAC-SHA256 ", "SDK-HMAC-SHA256"),
		"no access key":                   edited("Access="+bobKey+", ", ""),
		"an empty access key":             edited(bobKey, ""),
		"an unknown access key":           changed(func(s *signedRequest) { s.key = "AKNOBODY" }),
		"an access key in lower case":     changed(func(s *signedRequest) { s.key = strings.ToLower(bobKey) }),
		"an access key with a slash":      changed(func(s *signedRequest) { s.key = bobKey + "/x" }),
		"an access key of 129 characters": changed(func(s *signedRequest) { s.key = strings.Repeat("A", 129) }),
		"the name of a part in capitals":  edited("Access=", "ACCESS="),
		"a part twice":                    edited("Access=", "Access="+bobKey+", Access="),
		"a part too many":                 edited("Access=", "Region=north, Access="),
		"no signed headers":               edited("SignedHeaders=host;x-sdk-date, ", ""),
		"an empty list of signed headers": edited("host;x-sdk-date", ""),
		"an empty signed header":          edited("host;x-sdk-date", "host;;x-sdk-date"),
		"a signed header twice":           edited("host;x-sdk-date", "host;host;x-sdk-date"),
		"signed headers in capitals":      edited("host;x-sdk-date", "Host;X-Sdk-Date"),
		"signed headers with commas":      edited("host;x-sdk-date", "host,x-sdk-date"),
		"a date that is not signed":       changed(func(s *signedRequest) { s.headers = s.headers[:1] }, "X-Sdk-Date: "+good.date),
		"too many signed headers": changed(func(s *signedRequest) {
			for i := range 99 {
				s.headers = append(s.headers, fmt.Sprintf("x-%d:1", i))
			}
		}),
		"a signed header that is missing": edited("host;", "host;x-project-id;"),
		"a signed header less":            edited("host;", ""),
		"a signed header sent twice":      changed(func(s *signedRequest) { s.headers = append(s.headers, "x-a:1") }, "X-A: 1"),
		"no signature":                    edited(", Signature="+mac, ""),
		"an empty signature":              edited(mac, ""),
		"a short signature":               edited(mac, mac[:62]),
		"a long signature":                edited(mac, mac+"00"),
		"a signature in capitals":         edited(mac, strings.ToUpper(mac)),
		"a signature that is not hex":     edited(mac, strings.Repeat("z", 64)),
		"another signature":               edited(mac, hashOf("")),
		"another secret":                  changed(func(s *signedRequest) { s.secret = "secret-of-eve" }),
		"an empty secret":                 changed(func(s *signedRequest) { s.secret = "" }),
		"a body that was changed":         moved(func(s *signedRequest) { s.body = `{"peering":[]}` }),
		"a method that was changed":       moved(func(s *signedRequest) { s.request = "PUT " + path }),
		"a method in lower case":          moved(func(s *signedRequest) { s.request = "post " + path }),
		"a path that was changed":         moved(func(s *signedRequest) { s.request += "/x" }),
		"a path with a second slash":      moved(func(s *signedRequest) { s.request = "POST /" + path }),
		"a path with a slash escaped":     moved(func(s *signedRequest) { s.request = "POST /v2.0/vpc%2Fpeerings" }),
		"a query that was added":          moved(func(s *signedRequest) { s.request += "?limit=1" }),
		"a query that is not well formed": moved(func(s *signedRequest) { s.request += "?a;b" }),
		"a host that was changed":         moved(func(s *signedRequest) { s.headers[0] = "host:other.test" }),
		"a date that was changed":         moved(func(s *signedRequest) { s.headers[1] = "x-sdk-date:20261124T040001Z" }),
		"no date":                         moved(func(s *signedRequest) { s.headers = s.headers[:1] }),
		"two dates":                       send(good, authorization, "X-Sdk-Date: 20261124T040000Z"),
		"an old date":                     changed(dated("20261124T034459Z")),
		"a date to come":                  changed(dated("20261124T041501Z")),
		"a date of another form":          changed(dated("Tue, 24 Nov 2026 04:00:00 GMT")),
		"a date with a zone":              changed(dated("20261124T050000+0100")),
		"a date that does not exist":      changed(dated("20261131T040000Z")),
		"an empty date":                   changed(dated("")),
		"two headers with one signature":  send(good, authorization, "Authorization: "+authorization),
		"a body that is exempt": changed(func(s *signedRequest) {
			s.headers, s.payload = append(s.headers, "x-sdk-content-sha256:UNSIGNED-PAYLOAD"), "UNSIGNED-PAYLOAD"
		}),
		"the hash of another body": changed(func(s *signedRequest) {
			s.headers, s.payload = append(s.headers, "x-sdk-content-sha256:"+hashOf("")), hashOf("")
		}),
	}
}

// dated signs a request at a date.
func dated(date string) func(*signedRequest) {
	return func(s *signedRequest) { s.date, s.headers[1] = date, "x-sdk-date:"+date }
}

// They are all told the same.
func TestBadCredentials(t *testing.T) {
	f, _, _ := fileOf(t, listing(), newClock())
	bad := badCredentials(t)
	if len(bad) < 30 {
		t.Errorf("only %d", len(bad))
	}
	for what, r := range bad {
		t.Run(what, func(t *testing.T) {
			_, err := f.Authenticate(r, project)
			wantRefusal(t, err)
		})
	}
}

// wantRefusal fails the test where err is not what everybody with bad credentials is told.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*peering.Error](err)
	if !ok || e.Code != peering.Unauthenticated || e.Message != "The request carries no valid credentials." || e.Field != "" {
		t.Fatalf("error is %v", err)
	}
	if e.Err == nil {
		t.Error("the log is not told why")
	}
}
