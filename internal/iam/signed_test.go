package iam_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

// recorded is a request that an SDK signed and sent; testdata/signed.json says how it was recorded.
type recorded struct {
	SDK, What string
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
	Method    string
	Target    string
	Headers   []string
	Body      string
	// Refused says why the SDK's own signature does not fit what it sends; mostly empty.
	Refused string
}

func readRecorded(t *testing.T) []recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/signed.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Requests []recorded }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Requests
}

// lines answers the request line and the headers.
func (r recorded) lines() []string {
	return append([]string{r.Method + " " + r.Target + " HTTP/1.1"}, r.Headers...)
}

// header answers the value of a header.
func (r recorded) header(t *testing.T, name string) string {
	t.Helper()
	for _, line := range r.Headers {
		if got, value, _ := strings.Cut(line, ": "); strings.EqualFold(got, name) {
			return value
		}
	}
	t.Fatalf("%s: no header %s", r.What, name)
	return ""
}

// verifier answers a File that knows the access key, at the time of the request's date.
func (r recorded) verifier(t *testing.T) *iam.File {
	t.Helper()
	date, err := time.Parse("20060102T150405Z", r.header(t, "X-Sdk-Date"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(bobKey, r.AccessKey, bobSecret, r.SecretKey).Replace(listing())
	f, _, _ := fileOf(t, text, &clock{time: date})
	return f
}

func TestRequestsOfSDKs(t *testing.T) {
	seen := map[string]int{}
	for _, r := range readRecorded(t) {
		t.Run(r.SDK+": "+r.What, func(t *testing.T) {
			seen[r.SDK]++
			request := raw(t, r.Body, r.lines()...)
			got, err := r.verifier(t).Authenticate(request, "")
			if r.Refused != "" {
				wantCode(t, err, peering.Unauthenticated)
				return
			}
			wantCaller(t, got, err, "bob", peering.Reader)
			body, err := io.ReadAll(request.Body)
			if err != nil || string(body) != r.Body {
				t.Errorf("the body reads as %q, %v", body, err)
			}
			if err := request.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if len(seen) != 3 {
		t.Errorf("requests of %v, want three SDKs", seen)
	}
}

// Not one byte of what is signed can be changed.
func TestChangedRequestsOfSDKs(t *testing.T) {
	for _, r := range readRecorded(t) {
		if r.Refused != "" {
			continue
		}
		t.Run(r.SDK+": "+r.What, func(t *testing.T) {
			f := r.verifier(t)
			_, after, _ := strings.Cut(r.header(t, "Authorization"), "SignedHeaders=")
			list, _, _ := strings.Cut(after, ",")
			signed := append(strings.Split(list, ";"), "authorization")
			n := 0
			refused := func(what string, at int, changed recorded) {
				n++
				request, err := readRequest(changed.Body, changed.lines()...)
				if err != nil {
					return // a server would not get it either
				}
				if _, err := f.Authenticate(request, ""); peering.CodeOf(err) != peering.Unauthenticated {
					t.Errorf("%s changed at byte %d of %q: error %v", what, at, changed.lines(), err)
				}
			}
			for at, text := range changes(r.Method) {
				refused("method", at, recorded{Method: text, Target: r.Target, Headers: r.Headers, Body: r.Body})
			}
			for at, text := range changes(r.Target) {
				refused("target", at, recorded{Method: r.Method, Target: text, Headers: r.Headers, Body: r.Body})
			}
			for at, text := range changes(r.Body) {
				refused("body", at, recorded{Method: r.Method, Target: r.Target, Headers: r.Headers, Body: text})
			}
			for i, line := range r.Headers {
				name, value, _ := strings.Cut(line, ": ")
				if !slices.Contains(signed, strings.ToLower(name)) {
					continue
				}
				for at, text := range changes(value) {
					headers := slices.Clone(r.Headers)
					headers[i] = name + ": " + text
					refused(name, at, recorded{Method: r.Method, Target: r.Target, Headers: headers, Body: r.Body})
				}
			}
			if n < 200 {
				t.Errorf("only %d changes", n)
			}
		})
	}
}

// changes yields a text with each of its bytes changed in two ways, and where. What follows a percent sign is not changed in
// case only: it would mean the same.
func changes(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range len(text) {
			for _, bit := range []byte{0x01, 0x20} {
				escaped := i > 0 && text[i-1] == '%' || i > 1 && text[i-2] == '%'
				if bit == 0x20 && escaped {
					continue
				}
				changed := []byte(text)
				changed[i] ^= bit
				if !yield(i, string(changed)) {
					return
				}
			}
		}
	}
}

// signedRequest is a request as bob signs it, but for what a test changes. It signs what lines says, in its order.
type signedRequest struct {
	request, canonicalPath, canonicalQuery string
	headers                                []string
	body                                   string
	// payload is what is signed as the hash of the body; by default it is that.
	payload           string
	key, secret, date string
}

func byBob() signedRequest {
	return signedRequest{
		request:       "POST " + path,
		canonicalPath: path + "/",
		headers:       []string{"host:peering.test", "x-sdk-date:20261124T040000Z"},
		body:          `{"peering":{}}`,
		key:           bobKey,
		secret:        bobSecret,
		date:          "20261124T040000Z",
	}
}

// authorization answers the value of the header.
func (s signedRequest) authorization() string {
	method, _, _ := strings.Cut(s.request, " ")
	var names []string
	for _, line := range s.headers {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, name)
	}
	signed := strings.Join(names, ";")
	canonical := fmt.Sprintf("%s\n%s\n%s\n%s\n\n%s\n%s",
		method, s.canonicalPath, s.canonicalQuery, strings.Join(s.headers, "\n"), signed, cmp.Or(s.payload, hashOf(s.body)))
	mac := macOf(s.secret, "SDK-HMAC-SHA256\n"+s.date+"\n"+hashOf(canonical))
	return fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", s.key, signed, mac)
}

// lines answers the request line and the headers, those given and the authorization as it is given.
func (s signedRequest) lines(authorization string, more ...string) []string {
	lines := []string{s.request + " HTTP/1.1", fmt.Sprintf("Content-Length: %d", len(s.body)), "Authorization: " + authorization}
	for _, header := range s.headers {
		name, value, _ := strings.Cut(header, ":")
		lines = append(lines, name+": "+value)
	}
	return append(lines, more...)
}
