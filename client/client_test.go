package client_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
)

const project = "4f30b9215e054c908d18f2b150131646"

// newStaticClient returns a client that does not retry, of a server that sends
// the same response to every request.
func newStaticClient(t *testing.T, status int, header map[string]string, body string) *client.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, client.WithProject(project), noRetries)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestInvalidResponsesAreErrors(t *testing.T) {
	for _, body := range []string{``, `{"peering":`, `[]`} {
		if _, err := newStaticClient(t, http.StatusOK, nil, body).ShowVPCPeering(t.Context(), "x"); err == nil {
			t.Errorf("accepted %q as a peering", body)
		}
	}
}

func TestNewRejectsInvalidEndpoints(t *testing.T) {
	for _, endpoint := range []string{
		"", "127.0.0.1:8080", "localhost", "ftp://127.0.0.1", "http://", "http://[", "/v2.0",
	} {
		if _, err := client.New(endpoint); err == nil {
			t.Errorf("accepted the endpoint %q", endpoint)
		}
	}
}

func TestRequestsCarryTheProject(t *testing.T) {
	requests := make(chan *http.Request, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		_, _ = w.Write([]byte(`{"peerings":[]}`))
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL+"/prefix", client.WithProject(project))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListPeerings(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	if got, want := (<-requests).URL.Path, "/prefix/v1.0/"+project+"/reserved_cluster/1/peering"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: "a b&c"}); err != nil {
		t.Error(err)
	}
	r := <-requests
	if r.Header.Get("X-Project-Id") != project || r.URL.Query().Get("name") != "a b&c" || len(r.URL.Query()) != 1 {
		t.Errorf("sent project %q and query %q", r.Header.Get("X-Project-Id"), r.URL.RawQuery)
	}
}

// newVPCID returns the id of a new VPC.
func newVPCID() string { return uuid.NewString() }
