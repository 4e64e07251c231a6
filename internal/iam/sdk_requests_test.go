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

// A recordedRequest is a request that an SDK signed and sent.
// ../signature/testdata/signed.json describes how it was recorded.
type recordedRequest struct {
	SDK, What string
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
	Method    string
	Target    string
	Headers   []string
	Body      string
	// Refused is why the SDK's signature doesn't match its request, if it doesn't.
	Refused string
}

func readRecordedRequests(t *testing.T) []recordedRequest {
	t.Helper()
	data, err := os.ReadFile("../signature/testdata/signed.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Requests []recordedRequest }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Requests
}

// lines returns the request line and the headers.
func (r recordedRequest) lines() []string {
	return append([]string{r.Method + " " + r.Target + " HTTP/1.1"}, r.Headers...)
}

// header returns the value of a header.
func (r recordedRequest) header(t *testing.T, name string) string {
	t.Helper()
	for _, line := range r.Headers {
		if got, value, _ := strings.Cut(line, ": "); strings.EqualFold(got, name) {
			return value
		}
	}
	t.Fatalf("%s: no header %s", r.What, name)
	return ""
}

// verifier returns a File that lists the access key of the request and whose
// clock shows the date of the request.
func (r recordedRequest) verifier(t *testing.T) *iam.File {
	t.Helper()
	date, err := time.Parse("20060102T150405Z", r.header(t, "X-Sdk-Date"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(bobKey, r.AccessKey, bobSecret, r.SecretKey).Replace(credentialsText())
	f, _, _ := newFile(t, text, &fakeClock{time: date})
	return f
}

func TestSDKRequestsAreAuthenticated(t *testing.T) {
	seen := map[string]int{}
	for _, r := range readRecordedRequests(t) {
		t.Run(r.SDK+": "+r.What, func(t *testing.T) {
			seen[r.SDK]++
			request := newRequest(t, r.Body, r.lines()...)
			got, err := r.verifier(t).Authenticate(request, "")
			if r.Refused != "" {
				wantCode(t, err, peering.Unauthenticated)
				return
			}
			wantCaller(t, got, err, "bob", peering.Reader)
			body, err := io.ReadAll(request.Body)
			if err != nil || string(body) != r.Body {
				t.Errorf("body is %q, %v, want it readable again", body, err)
			}
			if err := request.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if len(seen) != 3 {
		t.Errorf("there are requests of %v, want three SDKs", seen)
	}
}

// A change to any signed byte must invalidate the signature.
func TestTamperedSDKRequestsAreRejected(t *testing.T) {
	for _, r := range readRecordedRequests(t) {
		if r.Refused != "" {
			continue
		}
		t.Run(r.SDK+": "+r.What, func(t *testing.T) {
			f := r.verifier(t)
			_, after, _ := strings.Cut(r.header(t, "Authorization"), "SignedHeaders=")
			list, _, _ := strings.Cut(after, ",")
			signed := append(strings.Split(list, ";"), "authorization")
			n := 0
			wantRejected := func(what string, at int, changed recordedRequest) {
				n++
				request, err := readRequest(changed.Body, changed.lines()...)
				if err != nil {
					return // net/http rejects it
				}
				if _, err := f.Authenticate(request, ""); peering.CodeOf(err) != peering.Unauthenticated {
					t.Errorf("%s changed at byte %d of %q: error is %v", what, at, changed.lines(), err)
				}
			}
			for at, text := range changes(r.Method) {
				wantRejected("method", at, recordedRequest{Method: text, Target: r.Target, Headers: r.Headers, Body: r.Body})
			}
			for at, text := range changes(r.Target) {
				wantRejected("target", at, recordedRequest{Method: r.Method, Target: text, Headers: r.Headers, Body: r.Body})
			}
			for at, text := range changes(r.Body) {
				wantRejected("body", at, recordedRequest{Method: r.Method, Target: r.Target, Headers: r.Headers, Body: text})
			}
			for i, line := range r.Headers {
				name, value, _ := strings.Cut(line, ": ")
				if !slices.Contains(signed, strings.ToLower(name)) {
					continue
				}
				for at, text := range changes(value) {
					headers := slices.Clone(r.Headers)
					headers[i] = name + ": " + text
					wantRejected(name, at, recordedRequest{Method: r.Method, Target: r.Target, Headers: headers, Body: r.Body})
				}
			}
			if n < 200 {
				t.Errorf("%d changes, want at least 200", n)
			}
		})
	}
}

// changes yields the text with each of its bytes changed in two ways, by the
// index of the byte. The case of an escape's digits doesn't change, because they
// would mean the same.
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

// A signedRequest is a request that a test builds and signs itself.
type signedRequest struct {
	request, canonicalPath, canonicalQuery string
	// headers are the signed headers as name:value, in the order of the signature.
	headers []string
	body    string
	// payload replaces the hash of the body in the signature unless it is empty.
	payload           string
	key, secret, date string
}

func bobsRequest() signedRequest {
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

// authorization returns the value of the Authorization header.
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
	mac := hmacHex(s.secret, "SDK-HMAC-SHA256\n"+s.date+"\n"+hashOf(canonical))
	return fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", s.key, signed, mac)
}

// lines returns the request line and the headers with the given authorization
// and more unsigned headers.
func (s signedRequest) lines(authorization string, more ...string) []string {
	lines := []string{s.request + " HTTP/1.1", fmt.Sprintf("Content-Length: %d", len(s.body)), "Authorization: " + authorization}
	for _, header := range s.headers {
		name, value, _ := strings.Cut(header, ":")
		lines = append(lines, name+": "+value)
	}
	return append(lines, more...)
}
