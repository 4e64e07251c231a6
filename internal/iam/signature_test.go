package iam_test

import (
	"bytes"
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

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

func macOf(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestSignedRequestsThatAreTaken(t *testing.T) {
	tests := []struct {
		name   string
		change func(*signedRequest)
		// edit edits the header Authorization.
		edit func(string) string
		more []string
	}{
		{name: "as it is"},
		{name: "without body", change: func(s *signedRequest) { s.request, s.body = "GET "+path, "" }},
		{name: "without host", change: func(s *signedRequest) { s.headers = s.headers[1:] }, more: []string{"Host: other.test"}},
		{name: "headers in another order", change: func(s *signedRequest) { slices.Reverse(s.headers) }},
		{name: "spaces within a header", change: func(s *signedRequest) { s.headers = append(s.headers, "x-a:b   c  d") }},
		{name: "spaces around a header", change: func(s *signedRequest) {
			s.headers = append(s.headers, "x-a:b", "x-b:")
		}, edit: func(s string) string { return "  " + s + " \t" }},
		{name: "an empty header", change: func(s *signedRequest) { s.headers = append(s.headers, "x-a:") }},
		{name: "the length of the body", change: func(s *signedRequest) { s.headers = append(s.headers, "content-length:14") }},
		{name: "parts in another order", edit: func(s string) string {
			scheme, parts, _ := strings.Cut(s, " ")
			list := strings.Split(parts, ", ")
			slices.Reverse(list)
			return scheme + " " + strings.Join(list, ",")
		}},
		{name: "more spaces", edit: func(s string) string { return strings.ReplaceAll(s, " ", "   ") }},
		{name: "a slash at the end", change: func(s *signedRequest) { s.request += "/" }},
		{name: "no path", change: func(s *signedRequest) { s.request, s.canonicalPath = "POST /", "/" }},
		{name: "a path escaped more than needed", change: func(s *signedRequest) { s.request = "POST /v2%2E0/v%70c/peerings" }},
		{name: "an escaped slash", change: func(s *signedRequest) { s.request, s.canonicalPath = "POST /a%2fb", "/a%2Fb/" }},
		{name: "an escaped percent sign", change: func(s *signedRequest) { s.request, s.canonicalPath = "POST /a%252fb", "/a%252fb/" }},
		{name: "a query in another order", change: func(s *signedRequest) {
			s.request, s.canonicalQuery = s.request+"?b=2&a-b=1&a=2&a=10&B=1&a", "B=1&a=&a=10&a=2&a-b=1&b=2"
		}},
		{name: "a query of the longest way", change: func(s *signedRequest) {
			s.request, s.canonicalQuery = s.request+"?%61=%7e*+%2B", "a=~%2A%20%2B"
		}},
		{name: "a header that is not signed", more: []string{"X-Other: 1", "X-Other: 2"}},
		{name: "the hash of the body in a header", change: func(s *signedRequest) {
			s.headers = append(s.headers, "x-sdk-content-sha256:"+hashOf(s.body))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := fileOf(t, listing(), newClock())
			s := byBob()
			if tt.change != nil {
				tt.change(&s)
			}
			authorization := s.authorization()
			if tt.edit != nil {
				authorization = tt.edit(authorization)
			}
			got, err := f.Authenticate(raw(t, s.body, s.lines(authorization, tt.more...)...), "")
			wantCaller(t, got, err, "bob", peering.Reader)
		})
	}
}

func TestDateOfASignedRequest(t *testing.T) {
	tests := []struct {
		name string
		pass time.Duration
		code peering.Code
	}{
		{"now", 0, ""},
		{"as old as may be", 15 * time.Minute, ""},
		{"too old", 15*time.Minute + 1, peering.Unauthenticated},
		{"as early as may be", -15 * time.Minute, ""},
		{"too early", -15*time.Minute - 1, peering.Unauthenticated},
		{"beyond all durations", -1 << 63, peering.Unauthenticated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := newClock(), byBob()
			f, _, _ := fileOf(t, listing(), c)
			c.pass(tt.pass)
			_, err := f.Authenticate(raw(t, s.body, s.lines(s.authorization())...), "")
			wantCode(t, err, tt.code)
		})
	}
}

func TestBodyOfASignedRequest(t *testing.T) {
	const limit = 14
	text := func(text string) func() io.Reader {
		return func() io.Reader { return strings.NewReader(text) }
	}
	broken := func() io.Reader { return iotest.ErrReader(errors.New("the line was cut")) }
	tests := []struct {
		name string
		body func() io.Reader
		// length is that of the header, -1 where there is none.
		length   int64
		code     peering.Code
		tooLarge bool
	}{
		{"as large as may be", text(byBob().body), limit, "", false},
		{"of unknown length", text(byBob().body), -1, "", false},
		{"too large by its header", broken, limit + 1, peering.Invalid, true},
		{"too large", text(byBob().body + " "), -1, peering.Invalid, true},
		{"without end", func() io.Reader { return endless{} }, -1, peering.Invalid, true},
		{"broken", broken, -1, peering.Invalid, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := fileOf(t, listing(), newClock())
			f.MaxBody = limit
			// Whether an access key is listed does not show.
			for key, code := range map[string]peering.Code{bobKey: "", "AKUNKNOWN": peering.Unauthenticated} {
				s := byBob()
				s.key = key
				r := raw(t, s.body, s.lines(s.authorization())...)
				r.Body, r.ContentLength = io.NopCloser(tt.body()), tt.length
				_, err := f.Authenticate(r, "")
				wantCode(t, err, cmp.Or(tt.code, code))
				if errors.Is(err, iam.ErrBodyTooLarge) != tt.tooLarge {
					t.Errorf("error is %v", err)
				}
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestDefaultMaxBody(t *testing.T) {
	f, _, _ := fileOf(t, listing(), newClock())
	for _, tt := range []struct {
		size int
		code peering.Code
	}{{64 << 10, ""}, {64<<10 + 1, peering.Invalid}} {
		s := byBob()
		s.body = strings.Repeat(" ", tt.size)
		_, err := f.Authenticate(raw(t, s.body, s.lines(s.authorization())...), "")
		wantCode(t, err, tt.code)
	}
}

func TestSignedRequestWithoutBodyInTheServersSense(t *testing.T) {
	f, _, _ := fileOf(t, listing(), newClock())
	s := byBob()
	s.request, s.body = "GET "+path, ""
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		r := raw(t, "", s.lines(s.authorization())...)
		r.Body = body
		_, err := f.Authenticate(r, "")
		wantCode(t, err, "")
	}
}

// The body is not read for a request that can be refused without it.
func TestBodyIsReadLast(t *testing.T) {
	f, _, _ := fileOf(t, listing(), newClock())
	good := byBob()
	stale, unescaped := byBob(), byBob()
	stale.date = "20261124T034459Z"
	stale.headers[1] = "x-sdk-date:" + stale.date
	unescaped.request += "?a=%zz"
	for name, lines := range map[string][]string{
		"a token, too":              good.lines(good.authorization(), "X-Auth-Token: "+aliceToken),
		"no access key":             good.lines(strings.Replace(good.authorization(), bobKey, "", 1)),
		"a missing signed header":   slices.DeleteFunc(good.lines(good.authorization()), func(l string) bool { return strings.HasPrefix(l, "x-sdk-date") }),
		"an old date":               stale.lines(stale.authorization()),
		"a query that is unescaped": unescaped.lines(unescaped.authorization()),
	} {
		t.Run(name, func(t *testing.T) {
			r := raw(t, good.body, lines...)
			body := &counting{}
			r.Body, r.ContentLength = io.NopCloser(body), -1
			_, err := f.Authenticate(r, "")
			wantCode(t, err, peering.Unauthenticated)
			if body.reads > 0 {
				t.Error("the body was read")
			}
		})
	}
}

type counting struct{ reads int }

func (c *counting) Read([]byte) (int, error) {
	c.reads++
	return 0, io.EOF
}

func FuzzParseAuthorization(f *testing.F) {
	good := byBob()
	f.Add(good.authorization())
	f.Add("SDK-HMAC-SHA256 Access=, SignedHeaders=;, Signature=,")
	f.Add("SDK-HMAC-SHA256 =,==;,")
	f.Add(strings.Repeat("SDK-HMAC-SHA256 ", 3))
	f.Add("V11-HMAC-SHA256 Credential=a/b, SignedHeaders=x-sdk-date, Signature=00")
	f.Fuzz(func(t *testing.T, value string) {
		key, signed, err := iam.ParseAuthorization(value)
		if err != nil {
			if key != "" || signed != nil {
				t.Errorf("%q: an error with %q and %q", value, key, signed)
			}
			return
		}
		names := strings.Join(signed, ";")
		if key == "" || !strings.Contains(value, "Access="+key) || !strings.Contains(value, "SignedHeaders="+names) {
			t.Errorf("%q reads as %q and %q", value, key, signed)
		}
		if !slices.Contains(signed, "x-sdk-date") || bytes.ContainsAny([]byte(names), " ,\n") {
			t.Errorf("%q signs %q", value, signed)
		}
	})
}
