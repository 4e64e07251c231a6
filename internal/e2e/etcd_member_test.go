package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// asEtcdMember is the environment variable that makes the test binary run an
// etcd member instead of its tests. Its value is a memberConfig in JSON.
const asEtcdMember = "PEERING_TEST_AS_ETCD_MEMBER"

// memberConfig configures a member of an etcd cluster.
type memberConfig struct {
	Name, Dir string
	// Client and Peer are the addresses at which the member listens. Other
	// members reach Peer at the URL that Cluster has for the name.
	Client, Peer string
	Cluster      map[string]string
}

// runEtcdMember runs an etcd until standard input ends, so that it does not
// outlive the test.
func runEtcdMember(config string) {
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

// etcdMember is a member in a separate process.
type etcdMember struct {
	memberConfig

	cmd   *exec.Cmd
	stdin io.WriteCloser
	// inbound forwards the traffic of other members to this one, outbound the
	// traffic of this member to others.
	inbound, outbound *faultProxy
}

func (m *etcdMember) endpoint() string { return "http://" + m.Client }

// start starts or restarts the member.
func (m *etcdMember) start(t *testing.T) {
	t.Helper()
	config, err := json.Marshal(m.memberConfig)
	if err != nil {
		t.Fatal(err)
	}
	m.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	m.cmd.Env = append(os.Environ(), asEtcdMember+"="+string(config), "HTTP_PROXY=http://"+m.outbound.address())
	m.cmd.Stderr = os.Stderr
	if m.stdin, err = m.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// kill sends SIGKILL to the member and waits for its end.
func (m *etcdMember) kill() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait() // reports the kill
	_ = m.stdin.Close()
}

func (m *etcdMember) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		t.Error(err)
	}
}

// partition separates the member from the others until rejoin.
func (m *etcdMember) partition() {
	m.inbound.pause()
	m.outbound.pause()
}

func (m *etcdMember) rejoin() {
	m.inbound.resume()
	m.outbound.resume()
}

// startEtcdCluster starts an etcd cluster of three processes and waits until it
// serves. They end with the test.
//
// A member reaches the others under names that only its HTTP proxy resolves.
// Its traffic passes its outbound proxy, a forward proxy that all share, and
// the inbound proxy of the other member.
func startEtcdCluster(t *testing.T) []*etcdMember {
	t.Helper()
	members, cluster, addresses := make([]*etcdMember, 3), map[string]string{}, map[string]string{}
	forward := listenLoopback(t)
	for i := range members {
		host := loopbackHost()
		m := &etcdMember{memberConfig: memberConfig{
			Name: fmt.Sprint("m", i), Dir: t.TempDir(), Client: host + ":12379", Peer: host + ":12380", Cluster: cluster,
		}}
		m.inbound, m.outbound = startFaultProxy(t, m.Peer), startFaultProxy(t, forward.Addr().String())
		addresses[m.Name+":2380"] = m.inbound.address()
		cluster[m.Name] = "http://" + m.Name + ":2380"
		members[i] = m
	}
	serveForwardProxy(t, forward, addresses)
	for _, m := range members {
		m.start(t)
		t.Cleanup(m.kill)
	}
	for _, m := range members {
		awaitMember(t, m)
	}
	return members
}

// loopbackHost returns a random loopback address. A member keeps its address
// over restarts, so its ports can be neither chosen by the system nor in the
// range that the system chooses from; the random host avoids collisions.
func loopbackHost() string {
	return net.IPv4(127, byte(1+rand.IntN(254)), byte(rand.IntN(256)), byte(1+rand.IntN(254))).String()
}

// endpointsOf returns the members' endpoints in the form of --etcd-endpoints.
func endpointsOf(members []*etcdMember) string {
	endpoints := make([]string, len(members))
	for i, m := range members {
		endpoints[i] = m.endpoint()
	}
	return strings.Join(endpoints, ",")
}

// awaitMember waits until the member serves linearizable reads.
func awaitMember(t *testing.T, m *etcdMember) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := m.call(ctx, func(ctx context.Context, c *clientv3.Client) error {
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

// call calls do with a client of this member only.
func (m *etcdMember) call(ctx context.Context, do func(context.Context, *clientv3.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := clientv3.New(clientv3.Config{Context: ctx, Endpoints: []string{m.endpoint()}, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return do(ctx, c)
}

// leader returns the leading member, or nil if no member considers itself the
// leader.
func leader(ctx context.Context, members []*etcdMember) *etcdMember {
	for _, m := range members {
		leads := false
		err := m.call(ctx, func(ctx context.Context, c *clientv3.Client) error {
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
