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
	other   = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
	vpc     = "f4da5a55-fcd9-4a93-8b86-5b81585e14bb"
	ownVPC  = "0b1f6a3e-6f0e-4b0a-9d55-2f7f2f0f8a11"
	pending = client.PendingAcceptance
)

// offer creates a peering of the project, which the other one may accept.
func offer(t *testing.T, c *client.Client) (client.VPCPeering, error) {
	t.Helper()
	return c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "n",
		RequestVPCInfo: client.VPCReference{VPCID: ownVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: vpc, TenantID: other},
	})
}

func TestServerIsTheRealOne(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(clienttest.Project)
	p, err := c.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: vpc, AcceptTenantID: other})
	if err != nil || p.Status != pending {
		t.Fatalf("created %+v, %v", p, err)
	}
	if _, err := s.Client(clienttest.Project).AcceptVPCPeering(t.Context(), p.ID); !client.IsNotFound(err) {
		t.Errorf("accepted by the project itself: %v", err)
	}
	if p, err := s.Client(other).AcceptVPCPeering(t.Context(), p.ID); err != nil || p.Status != client.Active {
		t.Errorf("accepted %+v, %v", p, err)
	}
}

func TestInventory(t *testing.T) {
	s := clienttest.NewServer(t, clienttest.WithClusters(clienttest.Cluster{Project: other, ID: "7", Name: "seven", VPCID: vpc, CIDR: "10.0.0.0/16"}))
	if got, err := s.Client(other).ShowCluster(t.Context(), "7"); err != nil || got.Name != "seven" || got.VPCCIDR != "10.0.0.0/16" {
		t.Errorf("shown %+v, %v", got, err)
	}
	if _, err := s.Client(clienttest.Project).ShowCluster(t.Context(), clienttest.ClusterID); !client.IsNotFound(err) {
		t.Errorf("the default cluster: %v", err)
	}
}

func TestClock(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := clienttest.NewServer(t, clienttest.WithTime(begin), clienttest.WithLifetime(time.Hour))
	c := s.Client(clienttest.Project)
	p, err := offer(t, c)
	if err != nil || p.CreatedAt != "2026-01-02T03:04:05" {
		t.Fatalf("created %+v, %v", p, err)
	}
	for _, tt := range []struct {
		advance time.Duration
		want    client.Status
	}{{time.Hour - 1, pending}, {1, client.Expired}} {
		s.Advance(tt.advance)
		if p, err := c.ShowVPCPeering(t.Context(), p.ID); err != nil || p.Status != tt.want {
			t.Errorf("at %s it is %s, %v; want %s", s.Now(), p.Status, err, tt.want)
		}
	}
}

func TestQuota(t *testing.T) {
	c := clienttest.NewServer(t, clienttest.WithQuota(1)).Client(clienttest.Project)
	for i, want := range []bool{false, true} {
		_, err := c.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: strings.Repeat(string(rune('a'+i)), 32)})
		if client.IsQuotaExceeded(err) != want {
			t.Errorf("peering %d: %v", i+1, err)
		}
	}
}

// TestFaults sends a creation through each fault without a second attempt, and looks whether the service has seen it.
func TestFaults(t *testing.T) {
	const soon, late = 50 * time.Millisecond, 15 * time.Second // how long the client waits
	for _, tt := range []struct {
		name    string
		fault   clienttest.Fault
		wait    time.Duration
		status  int // 0 for no answer
		carried bool
		fine    bool
	}{
		{"delay", clienttest.Delay(time.Millisecond), late, http.StatusCreated, true, true},
		{"delay for too long", clienttest.Delay(time.Hour), soon, 0, false, false},
		{"hang", clienttest.Hang(), soon, 0, false, false},
		{"hang after", clienttest.HangAfter(), 2 * time.Second, 0, true, false},
		{"status", clienttest.Status(http.StatusTeapot, 0), late, http.StatusTeapot, false, false},
		{"status after", clienttest.StatusAfter(http.StatusServiceUnavailable, time.Second), late, http.StatusServiceUnavailable, true, false},
		{"reset", clienttest.Reset(), late, 0, false, false},
		{"reset after", clienttest.ResetAfter(), late, 0, true, false},
		{"truncate", clienttest.Truncate(), late, 0, true, false},
		{"shorten", clienttest.Shorten(), late, 0, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := clienttest.NewServer(t)
			var attempts []client.Attempt
			c := s.Client(clienttest.Project,
				client.WithRetryPolicy(client.RetryPolicy{Attempts: 1, AttemptTimeout: tt.wait}),
				client.WithOnAttempt(func(_ context.Context, a client.Attempt) { attempts = append(attempts, a) }))
			s.Inject("createVpcPeering", 1, tt.fault)
			_, err := offer(t, c)
			if (err == nil) != tt.fine || len(attempts) != 1 || attempts[0].Status != tt.status {
				t.Errorf("%+v, %v", attempts, err)
			}
			if strings.HasPrefix(tt.name, "reset") && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection was not reset: %v", err)
			}
			page, err := s.Client(clienttest.Project).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
			if err != nil || len(page.Peerings) == 1 != tt.carried {
				t.Errorf("there are %d peerings, %v", len(page.Peerings), err)
			}
			if n := s.Requests("createVpcPeering"); n != 1 || s.Requests("") != 2 {
				t.Errorf("%d creations of %d requests came", n, s.Requests(""))
			}
		})
	}
}

func TestFaultsComeAsOftenAsAsked(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(clienttest.Project, client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
	s.Inject("", 1, clienttest.Status(http.StatusTeapot, 0))
	s.Inject("listVpcPeerings", 2, clienttest.Status(http.StatusGone, 0))
	_, err := c.ListClusters(t.Context(), client.ClusterQuery{})
	wantMessage(t, err, "I'm a teapot")
	for _, want := range []string{"Gone", "Gone", ""} {
		_, err := c.ListClusters(t.Context(), client.ClusterQuery{})
		wantMessage(t, err, "")
		_, err = c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		wantMessage(t, err, want)
	}
}

// wantMessage fails the test where an error has another message, or there is one where none is wanted.
func wantMessage(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if e, ok := errors.AsType[*client.Error](err); ok {
		got = e.Message
	}
	if got != want {
		t.Errorf("answered %v, want %q", err, want)
	}
}
