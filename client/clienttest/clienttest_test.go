package clienttest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

const (
	partner = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
	peerVPC = "f4da5a55-fcd9-4a93-8b86-5b81585e14bb"
	ownVPC  = "0b1f6a3e-6f0e-4b0a-9d55-2f7f2f0f8a11"
)

// createPeering creates a pending peering from the client's project to partner.
func createPeering(ctx context.Context, c *client.Client) (client.VPCPeering, error) {
	return c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
		Name:           "n",
		RequestVPCInfo: client.VPCReference{VPCID: ownVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: peerVPC, TenantID: partner},
	})
}

func TestServerImplementsTheService(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(clienttest.Project)
	p, err := c.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{
		Name: "n", VPCID: peerVPC, AcceptTenantID: partner,
	})
	if err != nil || p.Status != client.PendingAcceptance {
		t.Fatalf("CreatePeering returned %+v, %v", p, err)
	}
	if _, err := s.Client(clienttest.Project).AcceptVPCPeering(t.Context(), p.ID); !client.IsNotFound(err) {
		t.Errorf("accepting as the requester returned %v, want not found", err)
	}
	if p, err := s.Client(partner).AcceptVPCPeering(t.Context(), p.ID); err != nil || p.Status != client.Active {
		t.Errorf("AcceptVPCPeering returned %+v, %v", p, err)
	}
}

func TestWithClusters(t *testing.T) {
	s := clienttest.NewServer(t, clienttest.WithClusters(clienttest.Cluster{
		Project: partner, ID: "7", Name: "seven", VPCID: peerVPC, CIDR: "10.0.0.0/16",
	}))
	got, err := s.Client(partner).ShowCluster(t.Context(), "7")
	if err != nil || got.Name != "seven" || got.VPCCIDR != "10.0.0.0/16" {
		t.Errorf("ShowCluster returned %+v, %v", got, err)
	}
	if _, err := s.Client(clienttest.Project).ShowCluster(t.Context(), clienttest.ClusterID); !client.IsNotFound(err) {
		t.Errorf("showing the default cluster returned %v, want not found", err)
	}
}

func TestAdvanceExpiresPeerings(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := clienttest.NewServer(t, clienttest.WithTime(start), clienttest.WithLifetime(time.Hour))
	c := s.Client(clienttest.Project)
	p, err := createPeering(t.Context(), c)
	if err != nil || p.CreatedAt != "2026-01-02T03:04:05" {
		t.Fatalf("CreateVPCPeering returned %+v, %v", p, err)
	}
	for _, tt := range []struct {
		advance time.Duration
		want    client.Status
	}{{time.Hour - 1, client.PendingAcceptance}, {1, client.Expired}} {
		s.Advance(tt.advance)
		if p, err := c.ShowVPCPeering(t.Context(), p.ID); err != nil || p.Status != tt.want {
			t.Errorf("at %s the status is %s, %v, want %s", s.Now(), p.Status, err, tt.want)
		}
	}
}

func TestWithQuota(t *testing.T) {
	c := clienttest.NewServer(t, clienttest.WithQuota(1)).Client(clienttest.Project)
	for i, want := range []bool{false, true} {
		vpcID := strings.Repeat(string(rune('a'+i)), 32)
		_, err := c.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: vpcID})
		if client.IsQuotaExceeded(err) != want {
			t.Errorf("creating peering %d returned %v", i+1, err)
		}
	}
}

// cancelOnArrival applies a fault to a request and calls cancel as soon as the
// request arrives.
func cancelOnArrival(cancel func(), fault clienttest.Fault) clienttest.Fault {
	return func(next http.Handler) http.Handler {
		faulty := fault(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cancel()
			faulty.ServeHTTP(w, r)
		})
	}
}

// cancelOnceProcessed applies a fault to a request and calls cancel as soon as
// the service has processed the request.
func cancelOnceProcessed(cancel func(), fault clienttest.Fault) clienttest.Fault {
	return func(next http.Handler) http.Handler {
		return fault(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			cancel()
		}))
	}
}

// neverCancel applies a fault to a request.
func neverCancel(_ func(), fault clienttest.Fault) clienttest.Fault { return fault }

// TestFaults creates a peering through each fault, without retries, and checks
// the response and whether the service has processed the request.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name          string
		fault         clienttest.Fault
		cancel        func(func(), clienttest.Fault) clienttest.Fault // when the client disconnects
		wantStatus    int                                             // 0 for no response
		wantProcessed bool
		wantSuccess   bool
	}{
		{"Delay", clienttest.Delay(time.Millisecond), neverCancel, http.StatusCreated, true, true},
		{"Delay until the client disconnects", clienttest.Delay(time.Hour), cancelOnArrival, 0, false, false},
		{"Hang", clienttest.Hang(), cancelOnArrival, 0, false, false},
		{"HangAfter", clienttest.HangAfter(), cancelOnceProcessed, 0, true, false},
		{"Status", clienttest.Status(http.StatusTeapot, 0), neverCancel, http.StatusTeapot, false, false},
		{
			"StatusAfter", clienttest.StatusAfter(http.StatusServiceUnavailable, time.Second), neverCancel,
			http.StatusServiceUnavailable, true, false,
		},
		{"Reset", clienttest.Reset(), neverCancel, 0, false, false},
		{"ResetAfter", clienttest.ResetAfter(), neverCancel, 0, true, false},
		{"Truncate", clienttest.Truncate(), neverCancel, 0, true, false},
		{"Shorten", clienttest.Shorten(), neverCancel, 0, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := clienttest.NewServer(t)
			var attempts []client.Attempt
			c := s.Client(clienttest.Project,
				client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}),
				client.WithOnAttempt(func(_ context.Context, a client.Attempt) { attempts = append(attempts, a) }))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s.Inject("createVpcPeering", 1, tt.cancel(cancel, tt.fault))
			_, err := createPeering(ctx, c)
			if (err == nil) != tt.wantSuccess || len(attempts) != 1 {
				t.Fatalf("returned %v after the attempts %+v", err, attempts)
			}
			if attempt := attempts[0]; attempt.Status != tt.wantStatus {
				t.Errorf("got status %d, want %d", attempt.Status, tt.wantStatus)
			}
			if strings.HasPrefix(tt.name, "Reset") && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("returned %v, want ECONNRESET", err)
			}
			page, err := s.Client(clienttest.Project).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
			if err != nil || len(page.Peerings) == 1 != tt.wantProcessed {
				t.Errorf("the service has %d peerings, %v", len(page.Peerings), err)
			}
			if n := s.Requests("createVpcPeering"); n != 1 || s.Requests("") != 2 {
				t.Errorf("the server received %d creates and %d requests, want 1 and 2", n, s.Requests(""))
			}
		})
	}
}

func TestInjectAppliesFaultsToTheNextRequests(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(clienttest.Project, client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
	s.Inject("", 1, clienttest.Status(http.StatusTeapot, 0))
	s.Inject("listVpcPeerings", 2, clienttest.Status(http.StatusGone, 0))
	_, err := c.ListClusters(t.Context(), client.ClusterQuery{})
	checkMessage(t, err, "I'm a teapot")
	for _, want := range []string{"Gone", "Gone", ""} {
		_, err := c.ListClusters(t.Context(), client.ClusterQuery{})
		checkMessage(t, err, "")
		_, err = c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		checkMessage(t, err, want)
	}
}

// checkMessage fails the test unless err is a client.Error with the message; ""
// stands for no client.Error.
func checkMessage(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if e, ok := errors.AsType[*client.Error](err); ok {
		got = e.Message
	}
	if got != want {
		t.Errorf("returned %v, want message %q", err, want)
	}
}
