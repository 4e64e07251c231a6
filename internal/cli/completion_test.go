package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

// complete returns the values and descriptions that a shell is offered for a
// command line whose last word is incomplete.
func complete(t *testing.T, getenv func(string) string, words ...string) []string {
	t.Helper()
	out, errs := &harness.Buffer{}, &harness.Buffer{}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	env := command.NewEnv(neverRead{t}, out, errs, getenv)
	if code := cli.Run(ctx, env, append([]string{"__complete"}, words...), daemon.Commands); code != cli.ExitOK || ctx.Err() != nil {
		t.Errorf("exited with %d, %v: %s", code, ctx.Err(), errs)
	}
	if strings.Contains(errs.String(), "peering:") {
		t.Errorf("standard error is %s", errs)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	directive := lines[len(lines)-1]
	if directive != ":4" && directive != ":0" {
		t.Errorf("directive is %s", directive)
	}
	return lines[:len(lines)-1]
}

// neverRead is a standard input that must not be read: it belongs to the shell.
type neverRead struct{ t *testing.T }

func (r neverRead) Read([]byte) (int, error) {
	r.t.Error("completion read standard input")
	return 0, http.ErrBodyReadAfterClose
}

func TestCompletionOffersIDsOfTheService(t *testing.T) {
	s := harness.NewSandbox(t)
	c := s.As(t, s.Project)
	pending, err := c.CreatePeering(t.Context(), s.ClusterID, client.PeeringCreate{Name: "pending", VPCID: s.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	active := s.CreateActive(t, s.OtherVPC)
	route, err := c.CreateRoute(t.Context(), s.ClusterID, active.ID, "192.168.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	asPending, asActive := pending.ID+"\tpending, PENDING_ACCEPTANCE", active.ID+"\t"+active.Name+", ACTIVE"
	asCluster := s.ClusterID + "\tmycluster"
	_, getenv := withConfig(t, "contexts:\n  home: {endpoint: 'http://home'}\n  away: {}\n",
		map[string]string{"PEERING_ENDPOINT": s.Endpoint, "PEERING_PROJECT": s.Project})
	for _, tt := range []struct {
		words []string
		want  []string
	}{
		{[]string{"show", ""}, []string{asPending, asActive}},
		{[]string{"show", active.ID[:len(active.ID)-1]}, []string{asActive}},
		{[]string{"show", "f"}, nil},
		{[]string{"show", "--cluster", s.ClusterID, ""}, []string{asPending, asActive}},
		{[]string{"show", active.ID, ""}, nil},
		{[]string{"delete", ""}, []string{asPending, asActive}},
		{[]string{"rename", ""}, []string{asPending, asActive}},
		{[]string{"rename", active.ID, ""}, nil},
		{[]string{"accept", ""}, []string{asPending}},
		{[]string{"reject", ""}, []string{asPending}},
		{[]string{"create", "--cluster", ""}, []string{asCluster}},
		{[]string{"list", "--cluster="}, []string{asCluster}},
		{[]string{"cluster", "show", ""}, []string{asCluster}},
		{[]string{"cluster", "update", ""}, []string{asCluster}},
		{[]string{"cluster", "delete", ""}, []string{asCluster}},
		{[]string{"route", "list", "--cluster", s.ClusterID, "--peering", ""}, []string{asPending, asActive}},
		{[]string{"route", "delete", "--cluster", s.ClusterID, "--peering", active.ID, ""}, []string{route.ID + "\t192.168.0.0/16"}},
		{[]string{"list", "--status", ""}, cli.Statuses},
		{[]string{"list", "-o", ""}, output.Formats},
		{[]string{"list", "--context", ""}, []string{"home\thttp://home", "away"}},
		{[]string{"context", "use", ""}, []string{"home\thttp://home", "away"}},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}},
		{[]string{"list", "--project", ""}, nil},
	} {
		t.Run(strings.Join(tt.words, " "), func(t *testing.T) {
			if got := complete(t, getenv, tt.words...); !slices.Equal(got, tt.want) {
				t.Errorf("offered %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCompletionHidesErrors(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select { // until completion times out
		case <-r.Context().Done():
		case <-release:
		}
	}))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(release) })
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(failing.Close)
	for _, tt := range []struct {
		name, config, endpoint string
		flags                  []string
	}{
		{"nothing listens", "", "http://127.0.0.1:1", nil},
		{"service hangs", "", hanging.URL, nil},
		{"service fails", "", failing.URL, nil},
		{"invalid endpoint", "", "nowhere", nil},
		{"invalid configuration file", "contexts: [", failing.URL, nil},
		{"unknown context", "", failing.URL, []string{"--context", "nowhere"}},
		{"token on standard input", "", failing.URL, []string{"--token-file", "-"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, getenv := withConfig(t, tt.config, map[string]string{"PEERING_ENDPOINT": tt.endpoint, "PEERING_PROJECT": harness.Project})
			if got := complete(t, getenv, append(append([]string{"show"}, tt.flags...), "")...); len(got) > 0 {
				t.Errorf("offered %q", got)
			}
		})
	}
}

// TestCompletionOffersSafeWords completes ids of a service that returns shell
// syntax, control characters and more values than fit a screen.
func TestCompletionOffersSafeWords(t *testing.T) {
	var peerings strings.Builder
	peerings.WriteString(`{"id":"x; rm -rf ~","name":"n"},{"id":"$(id)","name":"n"},{"id":"","name":"n"},{"id":"good","name":"\u001b[31mred\nline","status":"ACTIVE"}`)
	for i := range cli.MaxCompletions {
		fmt.Fprintf(&peerings, `,{"id":"%d","name":"n"}`, i)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"peerings":[` + peerings.String() + `]}`))
	}))
	t.Cleanup(s.Close)
	got := complete(t, func(name string) string {
		return map[string]string{"PEERING_ENDPOINT": s.URL, "PEERING_PROJECT": harness.Project}[name]
	}, "show", "")
	if len(got) != cli.MaxCompletions || got[0] != "good\t\ufffd[31mred" || got[1] != "0\tn," {
		t.Errorf("offered %d, first %q", len(got), got[:min(2, len(got))])
	}
}
