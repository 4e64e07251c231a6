package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

const (
	secretToken = "secret-token"
	secretKey   = "secret-key"
)

// recorder answers a server that keeps the headers of each request, and answers it as reply does.
func recorder(t *testing.T, reply http.HandlerFunc) (url string, headers <-chan http.Header) {
	t.Helper()
	seen := make(chan http.Header, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		reply(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, seen
}

func noPeerings(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"peerings":[]}`)) }

func TestCredentialsGoAlong(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		option               client.Option
		token, authorization string
	}{
		{"none", client.WithProject(project), "", ""},
		{"a token", client.WithToken(secretToken), secretToken, ""},
		{"keys", client.WithCredentials("AK", secretKey), "", "SDK-HMAC-SHA256 Access=AK, SignedHeaders="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, headers := recorder(t, noPeerings)
			c, err := client.New(url, tt.option)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{}); err != nil {
				t.Fatal(err)
			}
			got := <-headers
			if got.Get("X-Auth-Token") != tt.token || !strings.HasPrefix(got.Get("Authorization"), tt.authorization) ||
				(got.Get("Authorization") == "") != (tt.authorization == "") {
				t.Errorf("sent %v", got)
			}
		})
	}
}

func TestCredentialsThatDoNotFitTogether(t *testing.T) {
	for name, options := range map[string][]client.Option{
		"a token and keys":          {client.WithToken(secretToken), client.WithCredentials("AK", secretKey)},
		"a token and a source":      {client.WithToken(secretToken), client.WithTokenSource(new(issuer).token)},
		"a source and keys":         {client.WithTokenSource(new(issuer).token), client.WithCredentials("AK", secretKey)},
		"a secret key alone":        {client.WithCredentials("", secretKey)},
		"an access key alone":       {client.WithCredentials("AK", "")},
		"a token and half the keys": {client.WithToken(secretToken), client.WithCredentials("", secretKey)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.New("http://127.0.0.1:1", options...)
			if err == nil || strings.Contains(err.Error(), "secret-") {
				t.Errorf("answered %v", err)
			}
		})
	}
}

// TestRedirectsAreNotFollowed sends a client with credentials to a second server.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for name, option := range map[string]client.Option{
		"with a token": client.WithToken(secretToken), "with keys": client.WithCredentials("AK", secretKey),
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(name+" "+http.StatusText(status), func(t *testing.T) {
				elsewhere, visits := recorder(t, noPeerings)
				url, _ := recorder(t, func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, elsewhere+r.URL.Path, status)
				})
				c, err := client.New(url, option)
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
				if got, ok := errors.AsType[*client.Error](err); !ok || got.Status != status || !strings.Contains(got.Message, elsewhere) {
					t.Errorf("answered %v", err)
				}
				if len(visits) > 0 {
					t.Errorf("it went there with %v", <-visits)
				}
			})
		}
	}
}

// TestErrorsHoldNoCredentials looks at what calls answer that fail in every way.
func TestErrorsHoldNoCredentials(t *testing.T) {
	refusing, _ := recorder(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	lying, _ := recorder(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[")) })
	for name, tt := range map[string]struct {
		url     string
		options []client.Option
	}{
		"nobody there":           {"http://127.0.0.1:1", []client.Option{client.WithToken(secretToken)}},
		"nobody there, signed":   {"http://127.0.0.1:1", []client.Option{client.WithCredentials("AK", secretKey)}},
		"a refusal":              {refusing, []client.Option{client.WithToken(secretToken)}},
		"no JSON":                {lying, []client.Option{client.WithToken(secretToken)}},
		"a token with a newline": {refusing, []client.Option{client.WithToken(secretToken + "\n")}},
		"a key with a newline":   {refusing, []client.Option{client.WithCredentials("AK\n", secretKey)}},
		"a password in the URL":  {strings.Replace(lying, "http://", "http://me:"+secretKey+"@", 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := client.New(tt.url, append(tt.options, once)...)
			if err == nil {
				_, err = c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
			}
			if err == nil || strings.Contains(err.Error(), "secret-") {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestCallsAboutClustersNeedAProject(t *testing.T) {
	url, headers := recorder(t, noPeerings)
	c, err := client.New(url, client.WithToken(secretToken))
	if err != nil {
		t.Fatal(err)
	}
	_, listed := c.ListPeerings(t.Context(), "1")
	_, created := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	for _, err := range []error{listed, created, c.DeletePeering(t.Context(), "1", "2"), c.DeleteRoute(t.Context(), "1", "2", "3")} {
		if !errors.Is(err, client.ErrNoProject) {
			t.Errorf("answered %v", err)
		}
	}
	if len(headers) > 0 {
		t.Error("something was sent")
	}
	if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{}); err != nil {
		t.Error(err)
	}
}
