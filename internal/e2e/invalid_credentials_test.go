package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// signedRequest is a request and the values for signing its host and date.
type signedRequest struct {
	method, host, path, body string
	date                     string
	accessKey, secretKey     string
}

// sha256Hex returns the SHA-256 of a text in hexadecimal form.
func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// authorization returns the Authorization header of the request.
func (s signedRequest) authorization() string {
	canonical := strings.Join([]string{
		s.method, s.path + "/", "", "host:" + s.host, "x-sdk-date:" + s.date, "", "host;x-sdk-date", sha256Hex(s.body),
	}, "\n")
	mac := hmac.New(sha256.New, []byte(s.secretKey))
	mac.Write([]byte("SDK-HMAC-SHA256\n" + s.date + "\n" + sha256Hex(canonical)))
	return "SDK-HMAC-SHA256 Access=" + s.accessKey + ", SignedHeaders=host;x-sdk-date, Signature=" +
		hex.EncodeToString(mac.Sum(nil))
}

// invalidRequest is a request with invalid credentials in its headers.
type invalidRequest struct {
	signedRequest

	headers []string
}

// invalidTokens returns headers without a valid token, by their defect.
func invalidTokens(good string) map[string][]string {
	token := func(values ...string) []string {
		var headers []string
		for _, value := range values {
			headers = append(headers, "X-Auth-Token", value)
		}
		return headers
	}
	authorization := func(value string) []string { return []string{"Authorization", value} }
	return map[string][]string{
		"no credentials":                 nil,
		"empty token":                    token(""),
		"unknown token":                  token(harness.SecretMark + "-token"),
		"token in upper case":            token(strings.ToUpper(good)),
		"truncated token":                token(good[:len(good)-1]),
		"token with suffix":              token(good + "x"),
		"quoted token":                   token(`"` + good + `"`),
		"two tokens in one header":       token(good + ", " + good),
		"hash of a token":                token(sha256Hex(good)),
		"token in Base64":                token(base64.StdEncoding.EncodeToString([]byte(good))),
		"token with tab":                 token("a\t" + good),
		"token with non-ASCII character": token(good + "é"),
		"token of 64 KiB":                token(strings.Repeat("a", 64<<10)),
		"duplicate token header":         token(good, good),
		"token and empty token":          token(good, ""),
		"token and empty Authorization":  append(token(good), "Authorization", ""),
		"token in X-Subject-Token":       {"X-Subject-Token", good},
		"token in cookie":                {"Cookie", "X-Auth-Token=" + good},
		"empty Authorization":            authorization(""),
		"bearer token":                   authorization("Bearer " + good),
		"basic authentication": authorization("Basic " +
			base64.StdEncoding.EncodeToString([]byte("requester:"+good))),
		"other signature scheme": authorization("V11-HMAC-SHA256 Credential=AK/20261124/region/vpc, " +
			"SignedHeaders=x-sdk-date, Signature=00"),
		"scheme without parts":   authorization("SDK-HMAC-SHA256"),
		"scheme with empty part": authorization("SDK-HMAC-SHA256 ,"),
	}
}

// invalidSignatures returns defective variations of a validly signed request.
func invalidSignatures(good signedRequest) map[string]invalidRequest {
	authorization := good.authorization()
	send := func(s signedRequest, headers ...string) invalidRequest { return invalidRequest{s, headers} }
	dated := func(authorization string) []string {
		return []string{"X-Sdk-Date", good.date, "Authorization", authorization}
	}
	// edited replaces a part of the Authorization header.
	edited := func(old, with string) invalidRequest {
		return send(good, dated(strings.Replace(authorization, old, with, 1))...)
	}
	// changed signs a changed request.
	changed := func(change func(*signedRequest)) invalidRequest {
		s := good
		change(&s)
		return send(s, "X-Sdk-Date", s.date, "Authorization", s.authorization())
	}
	// reused sends a changed request with the signature of the valid one.
	reused := func(change func(*signedRequest)) invalidRequest {
		s := good
		change(&s)
		return send(s, "X-Sdk-Date", s.date, "Authorization", authorization)
	}
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("20060102T150405Z") }
	_, mac, _ := strings.Cut(authorization, "Signature=")
	return map[string]invalidRequest{
		"signature and token": send(good, append(dated(authorization), "X-Auth-Token",
			harness.Requester.Token())...),
		"scheme in lower case":         edited("SDK-HMAC-SHA256", "sdk-hmac-sha256"),
		"no space after the scheme":    edited("SDK-HMAC-SHA256 ", "SDK-HMAC-SHA256"),
		"no access key":                edited("Access="+good.accessKey+", ", ""),
		"empty access key":             edited(good.accessKey, ""),
		"access key of another user":   edited(good.accessKey, harness.Accepter.AccessKey()),
		"unknown access key":           changed(func(s *signedRequest) { s.accessKey = "AKNOBODY" }),
		"access key in lower case":     changed(func(s *signedRequest) { s.accessKey = strings.ToLower(s.accessKey) }),
		"access key with slash":        changed(func(s *signedRequest) { s.accessKey += "/x" }),
		"duplicate part":               edited("Access=", "Access=AK, Access="),
		"unknown part":                 edited("Access=", "Region=north, Access="),
		"no signed headers":            edited("SignedHeaders=host;x-sdk-date, ", ""),
		"empty list of signed headers": edited("host;x-sdk-date", ""),
		"duplicate signed header":      edited("host;x-sdk-date", "host;host;x-sdk-date"),
		"signed headers in upper case": edited("host;x-sdk-date", "Host;X-Sdk-Date"),
		"unsigned date":                edited("host;x-sdk-date", "host"),
		"missing signed header":        edited("host;", "host;x-project-id;"),
		"no signature":                 edited(", Signature="+mac, ""),
		"empty signature":              edited(mac, ""),
		"short signature":              edited(mac, mac[:62]),
		"long signature":               edited(mac, mac+"00"),
		"signature in upper case":      edited(mac, strings.ToUpper(mac)+"A"),
		"wrong signature":              edited(mac, sha256Hex("")),
		"wrong secret key":             changed(func(s *signedRequest) { s.secretKey = harness.SecretMark }),
		"empty secret key":             changed(func(s *signedRequest) { s.secretKey = "" }),
		"changed body":                 reused(func(s *signedRequest) { s.body += " " }),
		"no body":                      reused(func(s *signedRequest) { s.body = "" }),
		"changed method":               reused(func(s *signedRequest) { s.method = http.MethodGet }),
		"added query":                  reused(func(s *signedRequest) { s.path += "?limit=1" }),
		"changed host":                 reused(func(s *signedRequest) { s.host = "elsewhere.test" }),
		"changed date":                 reused(func(s *signedRequest) { s.date = at(time.Minute) }),
		"no date":                      send(good, "Authorization", authorization),
		"two dates":                    send(good, append(dated(authorization), "X-Sdk-Date", good.date)...),
		"two signatures":               send(good, append(dated(authorization), "Authorization", authorization)...),
		"old date":                     changed(func(s *signedRequest) { s.date = at(-16 * time.Minute) }),
		"future date":                  changed(func(s *signedRequest) { s.date = at(16 * time.Minute) }),
		"date in other format":         changed(func(s *signedRequest) { s.date = time.Now().UTC().Format(http.TimeFormat) }),
		"unsigned payload": send(func() signedRequest { s := good; s.body = "{}"; return s }(),
			append(dated(authorization), "X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")...),
	}
}

// TestInvalidCredentialsGetSameError checks that the response does not reveal
// why the credentials are invalid.
func TestInvalidCredentialsGetSameError(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	name := "invalid-" + uuid.NewString()[:8]
	for _, root := range []struct {
		name, path, body, code string
		vpcStyle               bool
	}{
		{"CS root", "/v1.0/" + harness.RequesterTenant + "/reserved_cluster/7/peering", exampleRequest, "CS.10008", false},
		{
			"VPC root", harness.VPCPath, vpcPeeringBody(name, uuid.NewString(), uuid.NewString()),
			"VPC.0008", true,
		},
	} {
		good := signedRequest{
			method: http.MethodPost, host: strings.TrimPrefix(s.Endpoint, "http://"), path: root.path, body: root.body,
			date:      time.Now().UTC().Format("20060102T150405Z"),
			accessKey: harness.Requester.AccessKey(), secretKey: harness.Requester.SecretKey(),
		}
		invalid := invalidSignatures(good)
		for name, headers := range invalidTokens(harness.Requester.Token()) {
			invalid[name] = invalidRequest{good, headers}
		}
		if len(invalid) < 60 {
			t.Errorf("only %d invalid requests; do names collide?", len(invalid))
		}
		want := sendSigned(t, s, invalid["no credentials"])
		for _, name := range slices.Sorted(maps.Keys(invalid)) {
			t.Run(root.name+"/"+name, func(t *testing.T) {
				got := sendSigned(t, s, invalid[name])
				wantErrorBody(t, got, root.vpcStyle, http.StatusUnauthorized, root.code, "")
				if volatile.ReplaceAllString(got.Body, "") != volatile.ReplaceAllString(want.Body, "") ||
					!slices.Equal(headerNames(got.Header), headerNames(want.Header)) ||
					got.Header.Get("WWW-Authenticate") != want.Header.Get("WWW-Authenticate") {
					t.Errorf("got %v %s\nwant the response without credentials: %v %s", got.Header, got.Body, want.Header, want.Body)
				}
			})
		}
		page, err := s.By(t, harness.Requester).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: name})
		if err != nil || len(page.Peerings) > 0 {
			t.Errorf("list returned %+v, %v; want no peering", page, err)
		}
		// The valid request, of which the others are variations, is accepted.
		headers := []string{"X-Sdk-Date", good.date, "Authorization", good.authorization()}
		got := sendSigned(t, s, invalidRequest{good, headers})
		if got.Status == http.StatusUnauthorized {
			t.Errorf("the valid request got %d %s", got.Status, got.Body)
		}
	}
}

// TestSignedLargeBodiesAreRejected sends valid signatures of bodies that the
// server does not read.
func TestSignedLargeBodiesAreRejected(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	large := strings.Repeat(" ", 64<<10+1)
	for _, tt := range []struct {
		method, path string
		vpcStyle     bool
		status       int
		code, field  string
	}{
		{http.MethodPost, harness.VPCPath, true, 413, "VPC.22106", "body "},
		{http.MethodGet, harness.VPCPath, true, 401, "VPC.0008", ""},
		{http.MethodPost, harness.CSPath, false, 413, "CS.22106", "body "},
		{http.MethodGet, harness.CSPath, false, 401, "CS.10008", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			signed := signedRequest{
				method: tt.method, host: strings.TrimPrefix(s.Endpoint, "http://"), path: tt.path, body: large,
				date:      time.Now().UTC().Format("20060102T150405Z"),
				accessKey: harness.Requester.AccessKey(), secretKey: harness.Requester.SecretKey(),
			}
			headers := []string{"X-Sdk-Date", signed.date, "Authorization", signed.authorization()}
			got := sendSigned(t, s, invalidRequest{signed, headers})
			wantErrorBody(t, got, tt.vpcStyle, tt.status, tt.code, tt.field)
		})
	}
}

// sendSigned sends a request without changing its headers.
func sendSigned(t *testing.T, s *harness.Server, b invalidRequest) harness.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), b.method, s.Endpoint+b.path, strings.NewReader(b.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = b.host
	return harness.SendRequest(t, request, append([]string{"Content-Type", "application/json"}, b.headers...)...)
}
