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

// invalidCredentials returns requests without valid credentials, by the defect.
func invalidCredentials(t *testing.T) map[string]*http.Request {
	t.Helper()
	invalid := map[string]*http.Request{
		"nothing":                            getRequest(t),
		"an empty token":                     tokenRequest(t, ""),
		"an unknown token":                   tokenRequest(t, "unknown-token"),
		"a token in upper case":              tokenRequest(t, strings.ToUpper(aliceToken)),
		"the start of a token":               tokenRequest(t, aliceToken[:len(aliceToken)-1]),
		"a token and a letter":               tokenRequest(t, aliceToken+"x"),
		"a token in quotes":                  tokenRequest(t, `"`+aliceToken+`"`),
		"two tokens in one header":           tokenRequest(t, aliceToken+", "+aliceToken),
		"the hash of a token":                tokenRequest(t, hashOf(aliceToken)),
		"a token with a tab":                 tokenRequest(t, "token\tof-alice"),
		"a token that is not ASCII":          tokenRequest(t, aliceToken+"é"),
		"a token one byte too long":          tokenRequest(t, strings.Repeat("a", 16<<10+1)),
		"a token of 64 KiB":                  tokenRequest(t, strings.Repeat("a", 64<<10)),
		"two headers with one token":         getRequest(t, "X-Auth-Token: "+aliceToken, "X-Auth-Token: "+aliceToken),
		"a token and an empty one":           getRequest(t, "X-Auth-Token: "+aliceToken, "X-Auth-Token:"),
		"a token and a signature":            getRequest(t, "X-Auth-Token: "+aliceToken, "Authorization: "+bobsRequest().authorization()),
		"a token and an empty Authorization": getRequest(t, "X-Auth-Token: "+aliceToken, "Authorization:"),
		"a token in another header":          getRequest(t, "X-Subject-Token: "+aliceToken),
		"a token in a cookie":                getRequest(t, "Cookie: X-Auth-Token="+aliceToken),
		"an empty Authorization":             getRequest(t, "Authorization:"),
		"a bearer token":                     getRequest(t, "Authorization: Bearer "+aliceToken),
		"a password":                         getRequest(t, "Authorization: Basic YWxpY2U6cGFzc3dvcmQ="),
		"another signature scheme":           getRequest(t, "Authorization: V11-HMAC-SHA256 Credential="+bobKey+"/20261124/region/vpc, SignedHeaders=x-sdk-date, Signature="+hashOf("")),
		"a scheme without parts":             getRequest(t, "Authorization: SDK-HMAC-SHA256"),
		"a scheme with one empty part":       getRequest(t, "Authorization: SDK-HMAC-SHA256 ,"),
	}
	maps.Copy(invalid, invalidSignatures(t))
	return invalid
}

// invalidSignatures returns invalid variations of a request that bob signed.
func invalidSignatures(t *testing.T) map[string]*http.Request {
	t.Helper()
	send := func(s signedRequest, authorization string, more ...string) *http.Request {
		return newRequest(t, s.body, s.lines(authorization, more...)...)
	}
	valid := bobsRequest()
	authorization := valid.authorization()
	// edited returns the valid request with a part of the Authorization replaced.
	edited := func(old, with string) *http.Request {
		return send(valid, strings.Replace(authorization, old, with, 1))
	}
	// changed returns a request that is signed after a change.
	changed := func(change func(*signedRequest), more ...string) *http.Request {
		s := bobsRequest()
		change(&s)
		return send(s, s.authorization(), more...)
	}
	// tampered returns a request that is changed after it was signed.
	tampered := func(change func(*signedRequest)) *http.Request {
		s := bobsRequest()
		change(&s)
		return send(s, authorization)
	}
	_, mac, _ := strings.Cut(authorization, "Signature=")
	return map[string]*http.Request{
		"the scheme in lower case":        edited("SDK-HMAC-SHA256", "sdk-hmac-sha256"),
		"the scheme with an extra digit":  edited("SDK-HMAC-SHA256", "SDK-HMAC-SHA2566"),
		"no space after the scheme":       edited("SDK-HMAC-SHA256 ", "SDK-HMAC-SHA256"),
		"no access key":                   edited("Access="+bobKey+", ", ""),
		"an empty access key":             edited(bobKey, ""),
		"an unknown access key":           changed(func(s *signedRequest) { s.key = "AKUNKNOWN" }),
		"an access key in lower case":     changed(func(s *signedRequest) { s.key = strings.ToLower(bobKey) }),
		"an access key with a slash":      changed(func(s *signedRequest) { s.key = bobKey + "/x" }),
		"an access key of 129 characters": changed(func(s *signedRequest) { s.key = strings.Repeat("A", 129) }),
		"a part name in upper case":       edited("Access=", "ACCESS="),
		"a part twice":                    edited("Access=", "Access="+bobKey+", Access="),
		"a fourth part":                   edited("Access=", "Region=north, Access="),
		"no signed headers":               edited("SignedHeaders=host;x-sdk-date, ", ""),
		"an empty list of signed headers": edited("host;x-sdk-date", ""),
		"an empty signed header":          edited("host;x-sdk-date", "host;;x-sdk-date"),
		"a signed header twice":           edited("host;x-sdk-date", "host;host;x-sdk-date"),
		"signed headers in upper case":    edited("host;x-sdk-date", "Host;X-Sdk-Date"),
		"signed headers with commas":      edited("host;x-sdk-date", "host,x-sdk-date"),
		"a date that is not signed":       changed(func(s *signedRequest) { s.headers = s.headers[:1] }, "X-Sdk-Date: "+valid.date),
		"too many signed headers": changed(func(s *signedRequest) {
			for i := range 99 {
				s.headers = append(s.headers, fmt.Sprintf("x-%d:1", i))
			}
		}),
		"a signed header that is missing":   edited("host;", "host;x-project-id;"),
		"a signed header left out":          edited("host;", ""),
		"a signed header sent twice":        changed(func(s *signedRequest) { s.headers = append(s.headers, "x-a:1") }, "X-A: 1"),
		"no signature":                      edited(", Signature="+mac, ""),
		"an empty signature":                edited(mac, ""),
		"a short signature":                 edited(mac, mac[:62]),
		"a long signature":                  edited(mac, mac+"00"),
		"a signature in upper case":         edited(mac, strings.ToUpper(mac)),
		"a signature that is not hex":       edited(mac, strings.Repeat("z", 64)),
		"another signature":                 edited(mac, hashOf("")),
		"a wrong secret key":                changed(func(s *signedRequest) { s.secret = "secret-of-eve" }),
		"an empty secret key":               changed(func(s *signedRequest) { s.secret = "" }),
		"a changed body":                    tampered(func(s *signedRequest) { s.body = `{"peering":[]}` }),
		"a changed method":                  tampered(func(s *signedRequest) { s.request = "PUT " + path }),
		"a method in lower case":            tampered(func(s *signedRequest) { s.request = "post " + path }),
		"a changed path":                    tampered(func(s *signedRequest) { s.request += "/x" }),
		"a path with a double slash":        tampered(func(s *signedRequest) { s.request = "POST /" + path }),
		"a path with an escaped slash":      tampered(func(s *signedRequest) { s.request = "POST /v2.0/vpc%2Fpeerings" }),
		"an added query":                    tampered(func(s *signedRequest) { s.request += "?limit=1" }),
		"a malformed query":                 tampered(func(s *signedRequest) { s.request += "?a;b" }),
		"a changed host":                    tampered(func(s *signedRequest) { s.headers[0] = "host:other.test" }),
		"a changed date":                    tampered(func(s *signedRequest) { s.headers[1] = "x-sdk-date:20261124T040001Z" }),
		"no date":                           tampered(func(s *signedRequest) { s.headers = s.headers[:1] }),
		"two dates":                         send(valid, authorization, "X-Sdk-Date: 20261124T040000Z"),
		"an old date":                       changed(withDate("20261124T034459Z")),
		"a future date":                     changed(withDate("20261124T041501Z")),
		"a date in another format":          changed(withDate("Tue, 24 Nov 2026 04:00:00 GMT")),
		"a date with a zone":                changed(withDate("20261124T050000+0100")),
		"a date that does not exist":        changed(withDate("20261131T040000Z")),
		"an empty date":                     changed(withDate("")),
		"the same signature in two headers": send(valid, authorization, "Authorization: "+authorization),
		"an unsigned payload": changed(func(s *signedRequest) {
			s.headers, s.payload = append(s.headers, "x-sdk-content-sha256:UNSIGNED-PAYLOAD"), "UNSIGNED-PAYLOAD"
		}),
		"the hash of another body": changed(func(s *signedRequest) {
			s.headers, s.payload = append(s.headers, "x-sdk-content-sha256:"+hashOf("")), hashOf("")
		}),
	}
}

// withDate returns a change that sets the date of a request.
func withDate(date string) func(*signedRequest) {
	return func(s *signedRequest) { s.date, s.headers[1] = date, "x-sdk-date:"+date }
}

func TestInvalidCredentialsGetTheSameError(t *testing.T) {
	f, _, _ := newFile(t, credentialsText(), newClock())
	invalid := invalidCredentials(t)
	if len(invalid) < 30 {
		t.Errorf("%d requests, want at least 30", len(invalid))
	}
	for name, r := range invalid {
		t.Run(name, func(t *testing.T) {
			_, err := f.Authenticate(r, project)
			wantUnauthenticated(t, err)
		})
	}
}

// wantUnauthenticated fails the test if err isn't the uniform error for invalid
// credentials.
func wantUnauthenticated(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*peering.Error](err)
	if !ok || e.Code != peering.Unauthenticated || e.Message != "The request carries no valid credentials." || e.Field != "" {
		t.Fatalf("error is %v, want the error for invalid credentials", err)
	}
	if e.Err == nil {
		t.Error("the error has no cause for the log")
	}
}
