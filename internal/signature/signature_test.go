package signature_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/internal/signature"
)

// A recordedRequest is a request that an SDK signed and sent.
// testdata/signed.json describes how it was recorded.
type recordedRequest struct {
	SDK, What string
	SecretKey string `json:"secret_key"`
	AccessKey string `json:"access_key"`
	Method    string
	Target    string
	Headers   []string
	Body      string
	// Refused is why the SDK's signature doesn't match its request, if it doesn't.
	Refused string
}

func TestSignMatchesRecordedRequests(t *testing.T) {
	data, err := os.ReadFile("testdata/signed.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Requests []recordedRequest }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Requests) < 20 {
		t.Errorf("%d recorded requests, want at least 20", len(file.Requests))
	}
	for _, recorded := range file.Requests {
		t.Run(recorded.SDK+": "+recorded.What, func(t *testing.T) {
			r := readRequest(t, append([]string{recorded.Method + " " + recorded.Target + " HTTP/1.1"}, recorded.Headers...)...)
			header := r.Header.Get("Authorization")
			authorization, err := signature.ParseAuthorization(header)
			if err != nil {
				t.Fatal(err)
			}
			if authorization.AccessKey != recorded.AccessKey {
				t.Errorf("access key is %q, want %q", authorization.AccessKey, recorded.AccessKey)
			}
			if got := authorization.String(); got != header {
				t.Errorf("authorization formats as %q, want %q", got, header)
			}
			canonical, err := signature.Canonicalize(r, authorization.SignedHeaders)
			if err != nil {
				t.Fatal(err)
			}
			matches := canonical.Sign(recorded.SecretKey, []byte(recorded.Body)) == authorization.Signature
			if want := recorded.Refused == ""; matches != want {
				t.Errorf("signature matches: %t, want %t", matches, want)
			}
		})
	}
}

func readRequest(t *testing.T, lines ...string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return r
}

// A client signs the request that it is about to send, a server verifies the one
// that it has read. Both must have the same canonical form.
func TestCanonicalizeAgreesOnBothSides(t *testing.T) {
	names := []string{"content-type", "host", "x-sdk-date"}
	for _, target := range []string{
		"http://peering.test/v2.0/vpc/peerings",
		"http://peering.test/v2.0/vpc/peerings/?limit=10&marker=&name=" + url.QueryEscape("a b+c&d=é~*/%"),
		"http://peering.test:8080/a%2Fb/c%20d/~*(1)!$&+,;=:@?b=2&a=2&a=10&B",
		"http://peering.test",
	} {
		t.Run(target, func(t *testing.T) {
			sent, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
			if err != nil {
				t.Fatal(err)
			}
			sent.Header.Set("Content-Type", "  application/json\t")
			sent.Header.Set(signature.DateHeader, "20261124T040000Z")
			var wire strings.Builder
			if err := sent.Write(&wire); err != nil {
				t.Fatal(err)
			}
			received, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire.String())))
			if err != nil {
				t.Fatal(err)
			}
			want, err := signature.Canonicalize(sent, names)
			if err != nil {
				t.Fatal(err)
			}
			got, err := signature.Canonicalize(received, names)
			if err != nil || got != want {
				t.Errorf("server has %+v, %v, client %+v", got, err, want)
			}
		})
	}
}

func TestSignDependsOnEachPart(t *testing.T) {
	sign := func(date, secretKey, body string) string {
		r := readRequest(t, "PUT / HTTP/1.1", "Host: peering.test", signature.DateHeader+": "+date)
		canonical, err := signature.Canonicalize(r, []string{"x-sdk-date"})
		if err != nil {
			t.Fatal(err)
		}
		return canonical.Sign(secretKey, []byte(body))
	}
	want := sign("20261124T040000Z", "secret", "body")
	for name, got := range map[string]string{
		"date":       sign("20261124T040001Z", "secret", "body"),
		"secret key": sign("20261124T040000Z", "Secret", "body"),
		"body":       sign("20261124T040000Z", "secret", "Body"),
	} {
		if got == want {
			t.Errorf("a different %s gives the same signature", name)
		}
	}
	if len(want) != 64 || sign("20261124T040000Z", "secret", "body") != want {
		t.Errorf("signature is %q, want the same 64 digits each time", want)
	}
}

func TestCanonicalizeReturnsErrors(t *testing.T) {
	tests := []struct {
		name    string
		target  string
		headers []string
		signed  []string
	}{
		{"malformed query", "/?a=%zz", nil, nil},
		{"semicolon in the query", "/?a;b", nil, nil},
		{"missing header", "/", nil, []string{"x-a"}},
		{"repeated header", "/", []string{"X-A: 1", "X-A: 2"}, []string{"x-a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := readRequest(t, append([]string{"GET " + tt.target + " HTTP/1.1", "Host: peering.test"}, tt.headers...)...)
			if got, err := signature.Canonicalize(r, tt.signed); err == nil {
				t.Errorf("result is %+v, want an error", got)
			}
		})
	}
}

func TestParseAuthorization(t *testing.T) {
	digits := strings.Repeat("0a", 32)
	want := signature.Authorization{AccessKey: "AK", SignedHeaders: []string{"host", "x-sdk-date"}, Signature: digits}
	tests := []struct {
		name, value string
		valid       bool
	}{
		{"as formatted", want.String(), true},
		{"parts in another order", "SDK-HMAC-SHA256 Signature=" + digits + ",SignedHeaders=host;x-sdk-date,  Access=AK ", true},
		{"empty", "", false},
		{"another scheme", strings.Replace(want.String(), "SDK", "V11", 1), false},
		{"a scheme alone", "SDK-HMAC-SHA256", false},
		{"a part without a value", want.String() + ", Region", false},
		{"a fourth part", want.String() + ", Region=north", false},
		{"a repeated part", want.String() + ", Access=AK", false},
		{"no access key", strings.Replace(want.String(), "Access=AK, ", "", 1), false},
		{"a malformed access key", strings.Replace(want.String(), "=AK", "=A/K", 1), false},
		{"an unsigned date", strings.Replace(want.String(), ";x-sdk-date", "", 1), false},
		{"a repeated header", strings.Replace(want.String(), "host", "host;host", 1), false},
		{"an upper-case header", strings.Replace(want.String(), "host", "Host", 1), false},
		{"a short signature", want.String()[:len(want.String())-1], false},
		{"an upper-case signature", strings.ReplaceAll(want.String(), "0a", "0A"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := signature.ParseAuthorization(tt.value)
			if !tt.valid {
				if err == nil {
					t.Errorf("%q parses as %+v, want an error", tt.value, got)
				}
				return
			}
			if err != nil || got.String() != want.String() {
				t.Errorf("%q parses as %+v, %v, want %+v", tt.value, got, err, want)
			}
		})
	}
}

func FuzzParseAuthorization(f *testing.F) {
	f.Add(signature.Authorization{AccessKey: "AK", SignedHeaders: []string{"x-sdk-date"}, Signature: strings.Repeat("0a", 32)}.String())
	f.Add("SDK-HMAC-SHA256 Access=, SignedHeaders=;, Signature=,")
	f.Add("SDK-HMAC-SHA256 =,==;,")
	f.Add(strings.Repeat("SDK-HMAC-SHA256 ", 3))
	f.Add("V11-HMAC-SHA256 Credential=a/b, SignedHeaders=x-sdk-date, Signature=00")
	f.Fuzz(func(t *testing.T, value string) {
		a, err := signature.ParseAuthorization(value)
		if err != nil {
			if a.AccessKey != "" || a.SignedHeaders != nil || a.Signature != "" {
				t.Errorf("%q: error with %+v", value, a)
			}
			return
		}
		names := strings.Join(a.SignedHeaders, ";")
		if a.AccessKey == "" || !strings.Contains(value, "Access="+a.AccessKey) || !strings.Contains(value, "SignedHeaders="+names) {
			t.Errorf("%q parses as %+v", value, a)
		}
		if !slices.Contains(a.SignedHeaders, "x-sdk-date") || strings.ContainsAny(names, " ,\n") {
			t.Errorf("%q has the signed headers %q", value, a.SignedHeaders)
		}
	})
}
