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

// startEtcd starts an etcd in this process on a Unix socket and returns its
// endpoint. It stops with the test unless stop is called before.
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

func TestServersShareAnEtcd(t *testing.T) {
	t.Parallel()
	endpoint, stopEtcd := startEtcd(t)
	first, second := harness.StartWith(t, "--etcd-endpoints", endpoint), harness.StartWith(t, "--etcd-endpoints", endpoint)
	created := first.CreatePeering(t, harness.PeerVPC)
	p, err := second.As(t, harness.Project).AcceptVPCPeering(t.Context(), created.ID)
	if err != nil || p.Status != client.Active {
		t.Errorf("accept returned %+v, %v", p, err)
	}
	shown, err := first.As(t, harness.Project).ShowPeering(t.Context(), harness.ClusterID, created.ID)
	if err != nil || shown.Status != client.Active {
		t.Errorf("show returned %+v, %v", shown, err)
	}

	stopEtcd()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	withoutRetries := []client.Option{
		client.WithProject(harness.Project), client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}),
	}
	if _, err := first.With(t, withoutRetries...).ShowVPCPeering(ctx, created.ID); !client.IsUnavailable(err) {
		t.Errorf("show without etcd returned %v", err)
	}
	if _, err := second.With(t, withoutRetries...).AcceptVPCPeering(ctx, created.ID); !client.IsUnavailable(err) {
		t.Errorf("accept without etcd returned %v", err)
	}
	if status := adminStatus(t, first.Admin+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz returned %d", status)
	}
	if status := adminStatus(t, first.Admin+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz returned %d", status)
	}
}
