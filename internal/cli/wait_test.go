package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

// waitObserver is the standard error of a command with --wait. It calls a
// function when the command begins to wait.
type waitObserver struct {
	harness.Buffer

	once   sync.Once
	onWait func(progress string)
}

func (w *waitObserver) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if strings.Contains(string(p), "waiting") {
		w.once.Do(func() { w.onWait(string(p)) })
	}
	return n, err
}

// createAndWait runs create with --wait, and a function while it waits.
func createAndWait(t *testing.T, s *harness.Sandbox, do func(cancel func(), id string), args ...string) (code int, id, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, errs := &harness.Buffer{}, &waitObserver{}
	errs.onWait = func(progress string) {
		id = anyUUID.FindString(progress)
		do(cancel, id)
	}
	env := map[string]string{"PEERING_ENDPOINT": s.Endpoint, "PEERING_PROJECT": s.Project}
	args = append([]string{"create", "n", "--cluster", s.ClusterID, "--peer-vpc", s.PeerVPC, "--wait"}, args...)
	code = harness.Run(ctx, args, out, errs, func(name string) string { return env[name] })
	return code, id, out.String(), errs.String()
}

func TestWaitUntilAccepted(t *testing.T) {
	for _, tt := range []struct{ format, want string }{
		{"table", "peering ID is PENDING_ACCEPTANCE; waiting for ACTIVE\npeering ID is ACTIVE\n"},
		{"json", "{\n  \"progress\": \"peering ID is PENDING_ACCEPTANCE; waiting for ACTIVE\"\n}\n{\n  \"progress\": \"peering ID is ACTIVE\"\n}\n"},
		{"yaml", "---\nprogress: peering ID is PENDING_ACCEPTANCE; waiting for ACTIVE\n---\nprogress: peering ID is ACTIVE\n"},
	} {
		t.Run(tt.format, func(t *testing.T) {
			t.Parallel()
			s := harness.NewSandbox(t)
			code, id, out, errs := createAndWait(t, s, func(_ func(), id string) {
				if _, err := s.As(t, s.Project).AcceptVPCPeering(t.Context(), id); err != nil {
					t.Error(err)
				}
			}, "-o", tt.format)
			harness.WantOutput(t, code, out+errs, cli.ExitOK, nil)
			if !strings.Contains(out, "ACTIVE") || strings.Contains(out, "waiting") {
				t.Errorf("printed %s", out)
			}
			if got := strings.ReplaceAll(errs, id, "ID"); got != tt.want {
				t.Errorf("progress is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFailedWaits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   func(c *client.Client, cancel func(), id string) error
		args []string
		code int
		kind string
		want string
	}{
		{"rejected", func(c *client.Client, _ func(), id string) error {
			_, err := c.RejectVPCPeering(context.Background(), id)
			return err
		}, nil, cli.ExitConflict, "conflict", "is REJECTED and can no longer become ACTIVE"},
		{"deleted", func(c *client.Client, _ func(), id string) error {
			return c.DeleteVPCPeering(context.Background(), id)
		}, nil, cli.ExitConflict, "conflict", "is deleted and can no longer become ACTIVE"},
		{"timed out", func(*client.Client, func(), string) error { return nil }, []string{"--timeout", "5s"},
			cli.ExitTimeout, "timeout", "is PENDING_ACCEPTANCE and did not become ACTIVE within --timeout"},
		{"interrupted", func(_ *client.Client, cancel func(), _ string) error { cancel(); return nil }, nil,
			cli.ExitFailure, "failure", "is PENDING_ACCEPTANCE; the wait was interrupted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := harness.NewSandbox(t)
			code, id, out, errs := createAndWait(t, s, func(cancel func(), id string) {
				if err := tt.do(s.As(t, s.Project), cancel, id); err != nil {
					t.Error(err)
				}
			}, append(tt.args, "-o", "json")...)
			harness.WantOutput(t, code, errs, tt.code, []string{"the change succeeded, but peering " + id + " " + tt.want})
			if out != "" {
				t.Errorf("printed %s", out)
			}
			if got := lastError(t, errs); got.Kind != tt.kind {
				t.Errorf("the kind of %s is %s", errs, got.Kind)
			}
		})
	}
}

// lastError returns the last object on standard error, an error.
func lastError(t *testing.T, stderr string) cli.ErrorOutput {
	t.Helper()
	var last cli.ErrorOutput
	for d := json.NewDecoder(strings.NewReader(stderr)); d.More(); {
		var object struct{ Error cli.ErrorOutput }
		if err := d.Decode(&object); err != nil {
			t.Fatal(err)
		}
		last = object.Error
	}
	return last
}

// TestWaitSurvivesOutages lets the service fail for longer than the SDK retries
// a call.
func TestWaitSurvivesOutages(t *testing.T) {
	t.Parallel()
	statuses := []string{"PENDING_ACCEPTANCE", "", "", "", "", "ACTIVE"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := statuses[0]
		statuses = statuses[1:]
		if status == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`{"peering":{"id":"` + harness.UnknownID + `","status":"` + status + `"},"id":"` + harness.UnknownID + `","status":"ACTIVE"}`))
	}))
	t.Cleanup(s.Close)
	statuses = append([]string{"ACTIVE"}, statuses...) // the acceptance itself
	out, errs := &harness.Buffer{}, &harness.Buffer{}
	code := harness.Run(t.Context(), []string{"accept", harness.UnknownID, "--wait", "--endpoint", s.URL, "--project", harness.Project}, out, errs, harness.NoEnv)
	harness.WantOutput(t, code, out.String(), cli.ExitOK, []string{harness.UnknownID, "ACTIVE"})
	harness.WantOutput(t, code, errs.String(), cli.ExitOK, []string{
		"is PENDING_ACCEPTANCE; waiting for ACTIVE\n", "the service does not respond", "is ACTIVE\n",
	})
}

// TestProgressIsOneLine reports an error whose message has several lines.
func TestProgressIsOneLine(t *testing.T) {
	errs := &harness.Buffer{}
	cli.ReportPoll(errs, client.Poll{Status: client.PendingAcceptance, Err: &url.Error{URL: "http://x", Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}})
	if got := errs.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "is unreachable") {
		t.Errorf("progress is %q", got)
	}
}
