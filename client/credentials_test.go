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

// newRecordingServer starts a server that records the headers of each request
// before it handles the request.
func newRecordingServer(t *testing.T, handle http.HandlerFunc) (url string, headers <-chan http.Header) {
	t.Helper()
	seen := make(chan http.Header, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, seen
}

// noPeerings responds with an empty list of peerings.
func noPeerings(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"peerings":[]}`)) }

func TestRequestsCarryCredentials(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		option               client.Option
		token, authorization string
	}{
		{"none", client.WithProject(project), "", ""},
		{"a token", client.WithToken(secretToken), secretToken, ""},
		{"an access key", client.WithCredentials("AK", secretKey), "", "SDK-HMAC-SHA256 Access=AK, SignedHeaders="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, headers := newRecordingServer(t, noPeerings)
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
				t.Errorf("sent the headers %v", got)
			}
		})
	}
}

func TestNewRejectsContradictoryCredentials(t *testing.T) {
	source := client.WithTokenSource(new(tokenIssuer).token)
	for name, options := range map[string][]client.Option{
		"a token and an access key":          {client.WithToken(secretToken), client.WithCredentials("AK", secretKey)},
		"a token and a token source":         {client.WithToken(secretToken), source},
		"a token source and an access key":   {source, client.WithCredentials("AK", secretKey)},
		"a secret key without an access key": {client.WithCredentials("", secretKey)},
		"an access key without a secret key": {client.WithCredentials("AK", "")},
		"a token and a secret key":           {client.WithToken(secretToken), client.WithCredentials("", secretKey)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.New("http://127.0.0.1:1", options...)
			if err == nil || strings.Contains(err.Error(), "secret-") {
				t.Errorf("New returned error %v, want one without secrets", err)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for name, option := range map[string]client.Option{
		"with a token": client.WithToken(secretToken), "with an access key": client.WithCredentials("AK", secretKey),
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(name+" "+http.StatusText(status), func(t *testing.T) {
				target, visits := newRecordingServer(t, noPeerings)
				url, _ := newRecordingServer(t, func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, target+r.URL.Path, status)
				})
				c, err := client.New(url, option)
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
				got, ok := errors.AsType[*client.Error](err)
				if !ok || got.Status != status || !strings.Contains(got.Message, target) {
					t.Errorf("returned %v, want status %d and the target %s", err, status, target)
				}
				if len(visits) > 0 {
					t.Errorf("followed the redirect with the headers %v", <-visits)
				}
			})
		}
	}
}

func TestErrorsContainNoCredentials(t *testing.T) {
	unauthorized, _ := newRecordingServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	})
	malformed, _ := newRecordingServer(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("["))
	})
	for name, tt := range map[string]struct {
		url     string
		options []client.Option
	}{
		"connection refused":           {"http://127.0.0.1:1", []client.Option{client.WithToken(secretToken)}},
		"connection refused, signed":   {"http://127.0.0.1:1", []client.Option{client.WithCredentials("AK", secretKey)}},
		"status 401":                   {unauthorized, []client.Option{client.WithToken(secretToken)}},
		"malformed JSON":               {malformed, []client.Option{client.WithToken(secretToken)}},
		"a token with a newline":       {unauthorized, []client.Option{client.WithToken(secretToken + "\n")}},
		"an access key with a newline": {unauthorized, []client.Option{client.WithCredentials("AK\n", secretKey)}},
		"a password in the URL":        {strings.Replace(malformed, "http://", "http://me:"+secretKey+"@", 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := client.New(tt.url, append(tt.options, noRetries)...)
			if err == nil {
				_, err = c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
			}
			if err == nil || strings.Contains(err.Error(), "secret-") {
				t.Errorf("returned error %v, want one without secrets", err)
			}
		})
	}
}

func TestClusterCallsRequireAProject(t *testing.T) {
	url, headers := newRecordingServer(t, noPeerings)
	c, err := client.New(url, client.WithToken(secretToken))
	if err != nil {
		t.Fatal(err)
	}
	_, listed := c.ListPeerings(t.Context(), "1")
	_, created := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	for _, err := range []error{
		listed, created, c.DeletePeering(t.Context(), "1", "2"), c.DeleteRoute(t.Context(), "1", "2", "3"),
	} {
		if !errors.Is(err, client.ErrNoProject) {
			t.Errorf("returned %v, want ErrNoProject", err)
		}
	}
	if len(headers) > 0 {
		t.Error("sent a request")
	}
	if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{}); err != nil {
		t.Error(err)
	}
}
