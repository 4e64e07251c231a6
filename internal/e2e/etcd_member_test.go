package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/pkg/v3/proxy"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// asMember makes the test binary behave as a member of an etcd cluster; it holds the memberConfig.
const asMember = "PEERING_TEST_AS_ETCD_MEMBER"

// memberConfig says which member of a cluster of three a process is.
type memberConfig struct {
	Name, Dir string
	// Client and Peer are the addresses at which it listens. Others reach Peer at the URL that Cluster gives for the name.
	Client, Peer string
	Cluster      map[string]string
}

// member runs an etcd until standard input ends, so that it does not outlive the test.
func member(config string) {
	var m memberConfig
	if err := json.Unmarshal([]byte(config), &m); err != nil {
		log.Fatal(err)
	}
	c := embed.NewConfig()
	c.Name, c.Dir = m.Name, m.Dir
	peer, err := url.Parse(m.Cluster[m.Name])
	if err != nil {
		log.Fatal(err)
	}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: m.Peer}}, []url.URL{*peer}
	c.ListenClientUrls = []url.URL{{Scheme: "http", Host: m.Client}}
	c.AdvertiseClientUrls = c.ListenClientUrls
	c.TickMs, c.ElectionMs = 50, 500
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	var initial []string
	for name, at := range m.Cluster {
		initial = append(initial, name+"="+at)
	}
	c.InitialCluster = strings.Join(initial, ",")
	e, err := embed.StartEtcd(c)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(<-e.Err())
}

// memberProcess is a member in a process of its own.
type memberProcess struct {
	memberConfig

	cmd   *exec.Cmd
	stdin io.WriteCloser
	// in carries what others say to the member, out what it says to others.
	in, out proxy.Server
}

func (m *memberProcess) endpoint() string { return "http://" + m.Client }

// start starts the member, for the first time or again.
func (m *memberProcess) start(t *testing.T) {
	t.Helper()
	config, err := json.Marshal(m.memberConfig)
	if err != nil {
		t.Fatal(err)
	}
	m.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	m.cmd.Env = append(os.Environ(), asMember+"="+string(config), "HTTP_PROXY="+m.out.From())
	m.cmd.Stderr = os.Stderr
	if m.stdin, err = m.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// kill ends the member as SIGKILL does, and returns when it has ended.
func (m *memberProcess) kill() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait() // it says that the process was killed
	_ = m.stdin.Close()
}

func (m *memberProcess) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		t.Error(err)
	}
}

// cutOff holds back all that the member says to others and they say to it, as a network does that is down: what was sent
// arrives when it is up again, or the connection ends first. Bytes that were lost from the middle of a connection would be
// a fault that no network has, and etcd does not stand it.
func (m *memberProcess) cutOff() {
	for _, p := range []proxy.Server{m.in, m.out} {
		p.PauseTx()
		p.PauseRx()
	}
}

func (m *memberProcess) connect() {
	for _, p := range []proxy.Server{m.in, m.out} {
		p.UnpauseTx()
		p.UnpauseRx()
	}
}

// startMembers starts an etcd cluster of three processes, and answers when it serves. They end with the test.
//
// A member reaches others under names that only its HTTP proxy knows; so all that it says goes through out, a forward
// proxy that all share, and the other member's in.
func startMembers(t *testing.T) []*memberProcess {
	t.Helper()
	members, cluster, ways := make([]*memberProcess, 3), map[string]string{}, map[string]string{}
	forward := freeAddress(t)
	for i := range members {
		m := &memberProcess{memberConfig: memberConfig{
			Name: fmt.Sprint("m", i), Dir: t.TempDir(), Client: freeAddress(t), Peer: freeAddress(t), Cluster: cluster,
		}}
		m.in, m.out = line(t, m.Peer), line(t, forward)
		ways[m.Name+":2380"] = strings.TrimPrefix(m.in.From(), "tcp://")
		cluster[m.Name] = "http://" + m.Name + ":2380"
		members[i] = m
	}
	startForward(t, forward, ways)
	for _, m := range members {
		m.start(t)
		t.Cleanup(m.kill)
	}
	for _, m := range members {
		awaitMember(t, m)
	}
	return members
}

// endpointsOf answers the members' endpoints as a flag takes them.
func endpointsOf(members []*memberProcess) string {
	endpoints := make([]string, len(members))
	for i, m := range members {
		endpoints[i] = m.endpoint()
	}
	return strings.Join(endpoints, ",")
}

// freeAddress answers an address to listen at, of a host that is nobody else's: at 127.0.0.1 the next connection of any
// process might get the port.
func freeAddress(t *testing.T) string {
	t.Helper()
	host := net.IPv4(127, byte(1+rand.IntN(254)), byte(rand.IntN(256)), byte(1+rand.IntN(254)))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(host.String(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was sent
	return l.Addr().String()
}

// line answers a proxy to an address.
func line(t *testing.T, to string) proxy.Server {
	t.Helper()
	p := proxy.NewServer(proxy.ServerConfig{
		Logger: zap.NewNop(),
		From:   url.URL{Scheme: "tcp", Host: freeAddress(t)},
		To:     url.URL{Scheme: "tcp", Host: to},
	})
	select {
	case <-p.Ready():
	case err := <-p.Error():
		t.Fatal(err)
	}
	go func() {
		for { // it waits for somebody to take its errors
			select {
			case <-p.Error(): //nolint:errcheck // what a broken line says is no news
			case <-p.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// startForward starts an HTTP proxy that knows where the hosts are.
func startForward(t *testing.T, address string, ways map[string]string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	server := &http.Server{
		Handler: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Scheme, r.Out.URL.Host = "http", ways[r.In.URL.Host]
			},
			FlushInterval: -1,
			Transport:     transport,
			ErrorLog:      log.New(io.Discard, "", 0),
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // it says that it was closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
}

// awaitMember returns when the member answers a linearizable read.
func awaitMember(t *testing.T, m *memberProcess) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := ask(ctx, m, func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Get(ctx, "/")
			return err
		})
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("member %s does not serve: %v", m.Name, err)
		}
	}
}

// ask calls one member.
func ask(ctx context.Context, m *memberProcess, do func(context.Context, *clientv3.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := clientv3.New(clientv3.Config{Context: ctx, Endpoints: []string{m.endpoint()}, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return do(ctx, c)
}

// leader answers the member that leads, nil where none says so.
func leader(ctx context.Context, members []*memberProcess) *memberProcess {
	for _, m := range members {
		leads := false
		err := ask(ctx, m, func(ctx context.Context, c *clientv3.Client) error {
			status, err := c.Status(ctx, m.endpoint())
			if err == nil {
				leads = status.Leader == status.Header.MemberId
			}
			return err
		})
		if err == nil && leads {
			return m
		}
	}
	return nil
}
