package e2e_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// startEtcd starts an etcd of its own on a unix socket, and answers its endpoint.
func startEtcd(t *testing.T) (endpoint string, stop func()) {
	t.Helper()
	dir := t.TempDir()
	socket := url.URL{Scheme: "unix", Path: filepath.Join(dir, "client.sock")}
	cfg := embed.NewConfig()
	cfg.Dir = filepath.Join(dir, "etcd")
	cfg.ListenPeerUrls = nil
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{socket}, []url.URL{socket}
	cfg.TickMs, cfg.ElectionMs = 10, 100
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(e.Close)
	t.Cleanup(stop)
	<-e.Server.ReadyNotify()
	return socket.String(), stop
}

func TestServersOverOneEtcdShareTheirPeerings(t *testing.T) {
	t.Parallel()
	endpoint, stopEtcd := startEtcd(t)
	one, other := harness.StartWith(t, "--etcd-endpoints", endpoint), harness.StartWith(t, "--etcd-endpoints", endpoint)
	made, err := one.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := other.As(t, harness.Project).AcceptVPCPeering(t.Context(), made.ID); err != nil || p.Status != client.Active {
		t.Errorf("accepted %+v, %v", p, err)
	}
	if p, err := one.As(t, harness.Project).ShowPeering(t.Context(), harness.ClusterID, made.ID); err != nil || p.Status != client.Active {
		t.Errorf("shown %+v, %v", p, err)
	}

	stopEtcd()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := one.As(t, harness.Project).ShowVPCPeering(ctx, made.ID); !client.IsUnavailable(err) {
		t.Errorf("without etcd: %v", err)
	}
	if _, err := other.As(t, harness.Project).AcceptVPCPeering(ctx, made.ID); !client.IsUnavailable(err) {
		t.Errorf("without etcd: %v", err)
	}
	if status := probe(t, one.Admin+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answered %d", status)
	}
	if status := probe(t, one.Admin+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answered %d", status)
	}
}

// probe answers the status of an operations endpoint.
func probe(t *testing.T, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}
