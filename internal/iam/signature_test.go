package iam_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/peering/peering/internal/peering"
)

func hmacHex(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestSignedRequestsAreAuthenticated(t *testing.T) {
	tests := []struct {
		name   string
		change func(*signedRequest)
		// edit changes the Authorization after signing.
		edit func(string) string
		more []string
	}{
		{name: "unchanged"},
		{name: "without a body", change: func(s *signedRequest) { s.request, s.body = "GET "+path, "" }},
		{name: "without the host", change: func(s *signedRequest) { s.headers = s.headers[1:] }, more: []string{"Host: other.test"}},
		{name: "headers in another order", change: func(s *signedRequest) { slices.Reverse(s.headers) }},
		{name: "spaces within a header", change: func(s *signedRequest) { s.headers = append(s.headers, "x-a:b   c  d") }},
		{name: "spaces around a header", change: func(s *signedRequest) {
			s.headers = append(s.headers, "x-a:b", "x-b:")
		}, edit: func(s string) string { return "  " + s + " \t" }},
		{name: "an empty header", change: func(s *signedRequest) { s.headers = append(s.headers, "x-a:") }},
		{name: "with the length of the body", change: func(s *signedRequest) { s.headers = append(s.headers, "content-length:14") }},
		{name: "parts in another order", edit: func(s string) string {
			scheme, parts, _ := strings.Cut(s, " ")
			list := strings.Split(parts, ", ")
			slices.Reverse(list)
			return scheme + " " + strings.Join(list, ",")
		}},
		{name: "more spaces", edit: func(s string) string { return strings.ReplaceAll(s, " ", "   ") }},
		{name: "a slash at the end", change: func(s *signedRequest) { s.request += "/" }},
		{name: "no path", change: func(s *signedRequest) { s.request, s.canonicalPath = "POST /", "/" }},
		{name: "a path with needless escapes", change: func(s *signedRequest) { s.request = "POST /v2%2E0/v%70c/peerings" }},
		{name: "an escaped slash", change: func(s *signedRequest) { s.request, s.canonicalPath = "POST /a%2fb", "/a%2Fb/" }},
		{name: "an escaped percent sign", change: func(s *signedRequest) { s.request, s.canonicalPath = "POST /a%252fb", "/a%252fb/" }},
		{name: "a query in another order", change: func(s *signedRequest) {
			s.request, s.canonicalQuery = s.request+"?b=2&a-b=1&a=2&a=10&B=1&a", "B=1&a=&a=10&a=2&a-b=1&b=2"
		}},
		{name: "a query with needless escapes", change: func(s *signedRequest) {
			s.request, s.canonicalQuery = s.request+"?%61=%7e*+%2B", "a=~%2A%20%2B"
		}},
		{name: "with unsigned headers", more: []string{"X-Other: 1", "X-Other: 2"}},
		{name: "with the hash of the body in a header", change: func(s *signedRequest) {
			s.headers = append(s.headers, "x-sdk-content-sha256:"+hashOf(s.body))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := newFile(t, credentialsText(), newClock())
			s := bobsRequest()
			if tt.change != nil {
				tt.change(&s)
			}
			authorization := s.authorization()
			if tt.edit != nil {
				authorization = tt.edit(authorization)
			}
			got, err := f.Authenticate(newRequest(t, s.body, s.lines(authorization, tt.more...)...), "")
			wantCaller(t, got, err, "bob", peering.Reader)
		})
	}
}

func TestSignatureDate(t *testing.T) {
	tests := []struct {
		name    string
		elapsed time.Duration
		code    peering.Code
	}{
		{"now", 0, ""},
		{"just valid", 15 * time.Minute, ""},
		{"too old", 15*time.Minute + 1, peering.Unauthenticated},
		{"just valid in the future", -15 * time.Minute, ""},
		{"too far in the future", -15*time.Minute - 1, peering.Unauthenticated},
		{"beyond the range of durations", -1 << 63, peering.Unauthenticated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := newClock(), bobsRequest()
			f, _, _ := newFile(t, credentialsText(), c)
			c.advance(tt.elapsed)
			_, err := f.Authenticate(newRequest(t, s.body, s.lines(s.authorization())...), "")
			wantCode(t, err, tt.code)
		})
	}
}

func TestSignedBodySize(t *testing.T) {
	const limit = 14
	text := func(text string) func() io.Reader {
		return func() io.Reader { return strings.NewReader(text) }
	}
	broken := func() io.Reader { return iotest.ErrReader(errors.New("connection lost")) }
	tests := []struct {
		name string
		body func() io.Reader
		// length is the Content-Length, -1 if it is unknown.
		length   int64
		code     peering.Code
		tooLarge bool
	}{
		{"of the maximum size", text(bobsRequest().body), limit, "", false},
		{"of unknown length", text(bobsRequest().body), -1, "", false},
		{"too large according to its length", broken, limit + 1, peering.Invalid, true},
		{"too large", text(bobsRequest().body + " "), -1, peering.Invalid, true},
		{"endless", func() io.Reader { return endlessReader{} }, -1, peering.Invalid, true},
		{"broken", broken, -1, peering.Invalid, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := newFile(t, credentialsText(), newClock())
			f.MaxBody = limit
			// The error must not reveal whether the access key is listed.
			for key, code := range map[string]peering.Code{bobKey: "", "AKUNKNOWN": peering.Unauthenticated} {
				s := bobsRequest()
				s.key = key
				r := newRequest(t, s.body, s.lines(s.authorization())...)
				r.Body, r.ContentLength = io.NopCloser(tt.body()), tt.length
				_, err := f.Authenticate(r, "")
				wantCode(t, err, cmp.Or(tt.code, code))
				if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge != tt.tooLarge {
					t.Errorf("error is %v, want one about the size: %t", err, tt.tooLarge)
				}
			}
		})
	}
}

type endlessReader struct{}

func (endlessReader) Read(p []byte) (int, error) { return len(p), nil }

func TestDefaultMaxBody(t *testing.T) {
	f, _, _ := newFile(t, credentialsText(), newClock())
	for _, tt := range []struct {
		size int
		code peering.Code
	}{{64 << 10, ""}, {64<<10 + 1, peering.Invalid}} {
		s := bobsRequest()
		s.body = strings.Repeat(" ", tt.size)
		_, err := f.Authenticate(newRequest(t, s.body, s.lines(s.authorization())...), "")
		wantCode(t, err, tt.code)
	}
}

func TestSignedRequestWithNilOrNoBody(t *testing.T) {
	f, _, _ := newFile(t, credentialsText(), newClock())
	s := bobsRequest()
	s.request, s.body = "GET "+path, ""
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		r := newRequest(t, "", s.lines(s.authorization())...)
		r.Body = body
		_, err := f.Authenticate(r, "")
		wantCode(t, err, "")
	}
}

// The body must not be read if a request can be rejected without it.
func TestBodyIsNotReadForInvalidRequests(t *testing.T) {
	f, _, _ := newFile(t, credentialsText(), newClock())
	valid := bobsRequest()
	stale, malformed := bobsRequest(), bobsRequest()
	stale.date = "20261124T034459Z"
	stale.headers[1] = "x-sdk-date:" + stale.date
	malformed.request += "?a=%zz"
	for name, lines := range map[string][]string{
		"a token as well":         valid.lines(valid.authorization(), "X-Auth-Token: "+aliceToken),
		"no access key":           valid.lines(strings.Replace(valid.authorization(), bobKey, "", 1)),
		"a missing signed header": slices.DeleteFunc(valid.lines(valid.authorization()), func(l string) bool { return strings.HasPrefix(l, "x-sdk-date") }),
		"an old date":             stale.lines(stale.authorization()),
		"a malformed query":       malformed.lines(malformed.authorization()),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRequest(t, valid.body, lines...)
			body := &readCounter{}
			r.Body, r.ContentLength = io.NopCloser(body), -1
			_, err := f.Authenticate(r, "")
			wantCode(t, err, peering.Unauthenticated)
			if body.reads > 0 {
				t.Error("the body was read")
			}
		})
	}
}

type readCounter struct{ reads int }

func (c *readCounter) Read([]byte) (int, error) {
	c.reads++
	return 0, io.EOF
}
