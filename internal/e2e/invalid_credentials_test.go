package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// signing is a request that is signed by its host and its date, and all that can be wrong with it.
type signing struct {
	method, host, path, body string
	date                     string
	accessKey, secretKey     string
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// authorization answers the header Authorization for the request.
func (s signing) authorization() string {
	canonical := strings.Join([]string{
		s.method, s.path + "/", "", "host:" + s.host, "x-sdk-date:" + s.date, "", "host;x-sdk-date", hexSum(s.body),
	}, "\n")
	mac := hmac.New(sha256.New, []byte(s.secretKey))
	mac.Write([]byte("SDK-HMAC-SHA256\n" + s.date + "\n" + hexSum(canonical)))
	return "SDK-HMAC-SHA256 Access=" + s.accessKey + ", SignedHeaders=host;x-sdk-date, Signature=" + hex.EncodeToString(mac.Sum(nil))
}

// badRequest is a request whose credentials nobody takes.
type badRequest struct {
	signing

	headers []string
}

// badTokens are headers without a token that is taken, by what is wrong with them.
func badTokens(good string) map[string][]string {
	token := func(values ...string) []string {
		var headers []string
		for _, value := range values {
			headers = append(headers, "X-Auth-Token", value)
		}
		return headers
	}
	authorization := func(value string) []string { return []string{"Authorization", value} }
	return map[string][]string{
		"nothing":                      nil,
		"an empty token":               token(""),
		"an unknown token":             token(harness.SecretMark + "-token"),
		"a token in capitals":          token(strings.ToUpper(good)),
		"the start of a token":         token(good[:len(good)-1]),
		"a token and more":             token(good + "x"),
		"a token in quotes":            token(`"` + good + `"`),
		"two tokens in one header":     token(good + ", " + good),
		"the hash of a token":          token(hexSum(good)),
		"a token in base64":            token(base64.StdEncoding.EncodeToString([]byte(good))),
		"a token with a tab":           token("a\t" + good),
		"a token that is not ASCII":    token(good + "é"),
		"a token of 64 KiB":            token(strings.Repeat("a", 64<<10)),
		"two headers with one token":   token(good, good),
		"a token and an empty one":     token(good, ""),
		"a token and an empty header":  append(token(good), "Authorization", ""),
		"a token under another name":   {"X-Subject-Token", good},
		"a token in a cookie":          {"Cookie", "X-Auth-Token=" + good},
		"an empty header":              authorization(""),
		"a bearer":                     authorization("Bearer " + good),
		"a password":                   authorization("Basic " + base64.StdEncoding.EncodeToString([]byte("requester:"+good))),
		"another way of signing":       authorization("V11-HMAC-SHA256 Credential=AK/20261124/region/vpc, SignedHeaders=x-sdk-date, Signature=00"),
		"a scheme without parts":       authorization("SDK-HMAC-SHA256"),
		"a scheme with one empty part": authorization("SDK-HMAC-SHA256 ,"),
	}
}

// badSignatures are variations of a request that was signed well.
func badSignatures(good signing) map[string]badRequest {
	authorization := good.authorization()
	send := func(s signing, headers ...string) badRequest { return badRequest{s, headers} }
	dated := func(authorization string) []string {
		return []string{"X-Sdk-Date", good.date, "Authorization", authorization}
	}
	// edited is the request with a part of its header Authorization replaced.
	edited := func(old, with string) badRequest {
		return send(good, dated(strings.Replace(authorization, old, with, 1))...)
	}
	// changed is another request that was signed as it is, moved one with the signature of the good one.
	changed := func(change func(*signing)) badRequest {
		s := good
		change(&s)
		return send(s, "X-Sdk-Date", s.date, "Authorization", s.authorization())
	}
	moved := func(change func(*signing)) badRequest {
		s := good
		change(&s)
		return send(s, "X-Sdk-Date", s.date, "Authorization", authorization)
	}
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("20060102T150405Z") }
	_, mac, _ := strings.Cut(authorization, "Signature=")
	return map[string]badRequest{
		"a token, too":                    send(good, append(dated(authorization), "X-Auth-Token", harness.Requester.Token())...),
		"the scheme in lower case":        edited("SDK-HMAC-SHA256", "sdk-hmac-sha256"),
		"no space after the scheme":       edited("SDK-HMAC-SHA256 ", "SDK-HMAC-SHA256"),
		"no access key":                   edited("Access="+good.accessKey+", ", ""),
		"an empty access key":             edited(good.accessKey, ""),
		"somebody else's access key":      edited(good.accessKey, harness.Accepter.AccessKey()),
		"an unknown access key":           changed(func(s *signing) { s.accessKey = "AKNOBODY" }),
		"an access key in lower case":     changed(func(s *signing) { s.accessKey = strings.ToLower(s.accessKey) }),
		"an access key with a slash":      changed(func(s *signing) { s.accessKey += "/x" }),
		"a part twice":                    edited("Access=", "Access=AK, Access="),
		"a part too many":                 edited("Access=", "Region=north, Access="),
		"no signed headers":               edited("SignedHeaders=host;x-sdk-date, ", ""),
		"an empty list of signed headers": edited("host;x-sdk-date", ""),
		"a signed header twice":           edited("host;x-sdk-date", "host;host;x-sdk-date"),
		"signed headers in capitals":      edited("host;x-sdk-date", "Host;X-Sdk-Date"),
		"a date that is not signed":       edited("host;x-sdk-date", "host"),
		"a signed header that is missing": edited("host;", "host;x-project-id;"),
		"no signature":                    edited(", Signature="+mac, ""),
		"an empty signature":              edited(mac, ""),
		"a short signature":               edited(mac, mac[:62]),
		"a long signature":                edited(mac, mac+"00"),
		"a signature in capitals":         edited(mac, strings.ToUpper(mac)+"A"),
		"another signature":               edited(mac, hexSum("")),
		"another secret":                  changed(func(s *signing) { s.secretKey = harness.SecretMark }),
		"an empty secret":                 changed(func(s *signing) { s.secretKey = "" }),
		"another body":                    moved(func(s *signing) { s.body += " " }),
		"no body":                         moved(func(s *signing) { s.body = "" }),
		"another method":                  moved(func(s *signing) { s.method = http.MethodGet }),
		"a query":                         moved(func(s *signing) { s.path += "?limit=1" }),
		"another host":                    moved(func(s *signing) { s.host = "elsewhere.test" }),
		"another date":                    moved(func(s *signing) { s.date = at(time.Minute) }),
		"no date":                         send(good, "Authorization", authorization),
		"two dates":                       send(good, append(dated(authorization), "X-Sdk-Date", good.date)...),
		"two signatures":                  send(good, append(dated(authorization), "Authorization", authorization)...),
		"an old date":                     changed(func(s *signing) { s.date = at(-16 * time.Minute) }),
		"a date to come":                  changed(func(s *signing) { s.date = at(16 * time.Minute) }),
		"a date of another form":          changed(func(s *signing) { s.date = time.Now().UTC().Format(http.TimeFormat) }),
		"a body that is exempt":           send(func() signing { s := good; s.body = "{}"; return s }(), append(dated(authorization), "X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")...),
	}
}

func TestBadCredentialsAreAllToldTheSame(t *testing.T) {
	s := harness.StartWithIdentities(t, "--data-dir", t.TempDir())
	for _, root := range []struct {
		name, path, body, code string
		vpcStyle               bool
	}{
		{"CS root", "/v1.0/" + harness.RequesterTenant + "/reserved_cluster/7/peering", seedRequest, "CS.10008", false},
		{
			"VPC root", harness.VPCPath, `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + harness.PeerVPC + `"},"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `"}}}`,
			"VPC.0008", true,
		},
	} {
		good := signing{
			method: http.MethodPost, host: strings.TrimPrefix(s.Endpoint, "http://"), path: root.path, body: root.body,
			date: time.Now().UTC().Format("20060102T150405Z"), accessKey: harness.Requester.AccessKey(), secretKey: harness.Requester.SecretKey(),
		}
		bad := badSignatures(good)
		for name, headers := range badTokens(harness.Requester.Token()) {
			bad[name] = badRequest{good, headers}
		}
		if len(bad) < 30 {
			t.Errorf("only %d", len(bad))
		}
		told := sendSigned(t, s, bad["nothing"])
		for _, name := range slices.Sorted(maps.Keys(bad)) {
			t.Run(root.name+"/"+name, func(t *testing.T) {
				got := sendSigned(t, s, bad[name])
				wantFields(t, got, root.vpcStyle, http.StatusUnauthorized, root.code, "")
				if volatile.ReplaceAllString(got.Body, "") != volatile.ReplaceAllString(told.Body, "") ||
					!slices.Equal(headerNames(got.Header), headerNames(told.Header)) ||
					got.Header.Get("WWW-Authenticate") != told.Header.Get("WWW-Authenticate") {
					t.Errorf("answered %v %s\nwithout credentials %v %s", got.Header, got.Body, told.Header, told.Body)
				}
			})
		}
		// What they are variations of is taken.
		page, err := s.By(t, harness.Requester).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		if err != nil || len(page.Peerings) > 0 {
			t.Errorf("listed %+v, %v", page, err)
		}
		got := sendSigned(t, s, badRequest{good, []string{"X-Sdk-Date", good.date, "Authorization", good.authorization()}})
		if got.Status == http.StatusUnauthorized {
			t.Errorf("the good one: %d %s", got.Status, got.Body)
		}
	}
}

// TestLargeBodiesCanNotBeAuthenticated signs what is too large to be looked at.
func TestLargeBodiesCanNotBeAuthenticated(t *testing.T) {
	s := harness.StartWithIdentities(t, "--data-dir", t.TempDir())
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
		t.Run(fmt.Sprint(tt.method, tt.path), func(t *testing.T) {
			signed := signing{
				method: tt.method, host: strings.TrimPrefix(s.Endpoint, "http://"), path: tt.path, body: large,
				date: time.Now().UTC().Format("20060102T150405Z"), accessKey: harness.Requester.AccessKey(), secretKey: harness.Requester.SecretKey(),
			}
			got := sendSigned(t, s, badRequest{signed, []string{"X-Sdk-Date", signed.date, "Authorization", signed.authorization()}})
			wantFields(t, got, tt.vpcStyle, tt.status, tt.code, tt.field)
		})
	}
}

// sendSigned sends a request as it is given.
func sendSigned(t *testing.T, s *harness.Server, b badRequest) harness.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), b.method, s.Endpoint+b.path, strings.NewReader(b.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = b.host
	return harness.SendRequest(t, request, append([]string{"Content-Type", "application/json"}, b.headers...)...)
}
