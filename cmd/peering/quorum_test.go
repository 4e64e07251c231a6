package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/peering/peering/client"
)

// asQuorumMember makes the test binary behave as the member of an etcd cluster that it names.
const asQuorumMember = "PEERING_TEST_AS_QUORUM_MEMBER"

// A quorumMember is one of the three etcds of a cluster, in a process of its own. They share a directory.
type quorumMember struct {
	*exec.Cmd

	name, dir string
	// out is what the process prints.
	out io.Reader
}

func (m *quorumMember) socket() url.URL {
	return url.URL{Scheme: "unix", Path: filepath.Join(m.dir, m.name+".sock")}
}

// start starts the member, for the first time or again, until the end of the test.
func (m *quorumMember) start(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	m.Cmd = exec.CommandContext(ctx, program, "-test.run", "^TestQuorumMember$")
	m.Dir = m.dir
	m.Env = []string{asQuorumMember + "=" + m.name} // and no proxy
	in, err := m.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if m.out, err = m.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	wait := m.Wait
	t.Cleanup(func() {
		_ = in.Close()
		cancel()
		_ = wait()
	})
}

// kill returns when the member is gone.
func (m *quorumMember) kill(t *testing.T) {
	t.Helper()
	if err := m.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, m.out) // until the process has ended
}

const quorumMemberReady = "the member is ready"

// TestQuorumMember is a member of a cluster for other tests, until its standard input ends.
func TestQuorumMember(t *testing.T) {
	name := os.Getenv(asQuorumMember)
	if name == "" {
		t.Skip("other tests start it")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// Sockets of members are named by a host and a port; they are in the working directory.
	peer := func(name string) url.URL { return url.URL{Scheme: "unix", Host: name + ":0"} }
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir = name, name+".etcd"
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer(name)}, []url.URL{peer(name)}
	m := quorumMember{name: name, dir: dir}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{m.socket()}, []url.URL{m.socket()}
	var initial []string
	for i := range 3 {
		name, at := fmt.Sprint("m", i), peer(fmt.Sprint("m", i))
		initial = append(initial, name+"="+at.String())
	}
	cfg.InitialCluster = strings.Join(initial, ",")
	cfg.TickMs, cfg.ElectionMs = 50, 500
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-e.Server.ReadyNotify():
	case err := <-e.Err():
		t.Fatal(err)
	}
	fmt.Println(quorumMemberReady)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0) // nobody waits for it to leave
}

// startQuorum answers three members that are ready, and the flags of a store on them.
func startQuorum(t *testing.T) (members []*quorumMember, store []string) {
	t.Helper()
	dir := t.TempDir()
	var endpoints []string
	for i := range 3 {
		m := &quorumMember{name: fmt.Sprint("m", i), dir: dir}
		socket := m.socket()
		members, endpoints = append(members, m), append(endpoints, socket.String())
		m.start(t)
	}
	for _, m := range members {
		lines := bufio.NewScanner(m.out)
		for lines.Scan() && lines.Text() != quorumMemberReady {
		}
		if lines.Text() != quorumMemberReady {
			t.Fatalf("member %s did not start: %v", m.name, lines.Err())
		}
	}
	return members, []string{"--etcd-endpoints", strings.Join(endpoints, ",")}
}

// TestServersWithoutQuorum kills two of three members and starts them again. The servers run on.
func TestServersWithoutQuorum(t *testing.T) {
	members, store := startQuorum(t)
	servers := []*running{startOn(t, store...), startOn(t, store...)}
	made, err := servers[0].as(t, project).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "before", VPCID: peerVPC})
	if err != nil {
		t.Fatal(err)
	}
	want, err := servers[1].as(t, project).ShowPeering(t.Context(), clusterID, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members[1:] {
		m.kill(t)
	}
	for _, s := range servers {
		wantUnavailableInTime(t, s, http.MethodGet, csPath+"/"+made.ID, "")
		wantUnavailableInTime(t, s, http.MethodGet, vpcPath+"/"+made.ID, "")
		wantUnavailableInTime(t, s, http.MethodPost, csPath, `{"name":"without","vpc_id":"`+otherVPC+`"}`)
		wantNoQuorum(t, s)
	}

	for _, m := range members[1:] {
		m.start(t)
	}
	for i, s := range servers {
		c := s.as(t, project)
		if shown := showWhenBack(t, c, made.ID); shown != want {
			t.Errorf("shown %+v, want %+v", shown, want)
		}
		vpc := strings.Repeat(strconv.Itoa(i), 32)
		if _, err := c.CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "after", VPCID: vpc}); err != nil {
			t.Error(err)
		}
		if status := probe(t, s.admin+"/readyz"); status != http.StatusOK {
			t.Errorf("/readyz answered %d", status)
		}
	}
}

// wantUnavailableInTime fails the test where a request is not answered 503 in the time that the service promises.
func wantUnavailableInTime(t *testing.T, s *running, method, path, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.endpoint+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got := sendRequest(t, r, "Content-Type", "application/json", "X-Project-Id", project)
	if strings.HasPrefix(path, csPath) {
		wantFields(t, got, false, http.StatusServiceUnavailable, "CS.22108", "")
	} else {
		wantFields(t, got, true, http.StatusServiceUnavailable, "VPC.22108", "")
	}
	if got.header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
}

// wantNoQuorum fails the test where a server is ready, or does not say why it is not.
func wantNoQuorum(t *testing.T, s *running) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.admin+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "no quorum") {
		t.Errorf("/readyz answered %d %s: %v", resp.StatusCode, body, err)
	}
}

// showWhenBack shows a peering as soon as the service is there again. Until then it may only be unavailable.
func showWhenBack(t *testing.T, c *client.Client, id string) client.Peering {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		shown, err := c.ShowPeering(ctx, clusterID, id)
		if err == nil {
			return shown
		}
		if !client.IsUnavailable(err) {
			t.Fatal(err)
		}
	}
}
