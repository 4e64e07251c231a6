package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"

	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// BenchmarkCreate compares creations over 64 HTTP connections with bare etcd
// transactions of the same keys and sizes by 64 writers. Each uses an embedded
// etcd of its own. The two alternate.
func BenchmarkCreate(b *testing.B) {
	const writers, creations = 64, 4000
	bareClient, keys := startBareEtcd(b)
	s := harness.StartWith(b, "--data-dir", b.TempDir(), "--log-level", "error")
	transport := &http.Transport{MaxIdleConnsPerHost: writers, MaxConnsPerHost: writers}
	defer transport.CloseIdleConnections()
	create := func() error { return createOverHTTP(b.Context(), &http.Client{Transport: transport}, s.Endpoint) }
	put := func() error { return putAll(b.Context(), bareClient, keys) }
	var bareTime, httpTime time.Duration
	for b.Loop() {
		bareTime += measure(b, writers, creations, put)
		httpTime += measure(b, writers, creations, create)
	}
	n := float64(creations * b.N)
	b.ReportMetric(n/bareTime.Seconds(), "transactions/s")
	b.ReportMetric(n/httpTime.Seconds(), "creates/s")
	b.ReportMetric(bareTime.Seconds()/httpTime.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op") // meaningless for two alternating workloads
}

// measure returns how long writers take to call do the given number of times in
// total.
func measure(b *testing.B, writers, times int, do func() error) time.Duration {
	b.Helper()
	begin := time.Now()
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for range times / writers {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	return time.Since(begin)
}

// createOverHTTP creates a peering between new tenants.
func createOverHTTP(ctx context.Context, c *http.Client, endpoint string) error {
	body := fmt.Sprintf(`{"peering":{"name":"n","request_vpc_info":{"vpc_id":%q},`+
		`"accept_vpc_info":{"vpc_id":%q,"tenant_id":%q}}}`, uuid.NewString(), uuid.NewString(), uuid.NewString())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/v2.0/vpc/peerings", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Project-Id", uuid.NewString())
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // the body is read
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("got %s, want 201", resp.Status)
	}
	return nil
}

// startBareEtcd starts an etcd with the settings of the service. It returns a
// client of it and the keys and values that the creation of a peering writes.
func startBareEtcd(b *testing.B) (*clientv3.Client, map[string]string) {
	b.Helper()
	dir := b.TempDir()
	store, err := etcd.Open(b.Context(), etcd.Config{DataDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now().UTC()
	vpc := func() peering.VPC {
		return peering.VPC{ID: newPeeringID(), Tenant: newPeeringID()}
	}
	_, _, err = store.Create(b.Context(), peering.Peering{
		ID: newPeeringID(), Name: "n", Status: peering.PendingAcceptance, Requester: vpc(), Accepter: vpc(),
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(time.Hour),
	}, peering.Idempotency{}, peering.DefaultQuotas())
	if err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	c := embed.NewConfig()
	c.Dir = filepath.Join(dir, "etcd")
	c.ListenPeerUrls, c.ListenClientUrls = nil, []url.URL{}
	c.TickMs, c.ElectionMs, c.QuotaBackendBytes = 10, 100, etcd.DefaultQuota
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	e, err := embed.StartEtcd(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	<-e.Server.ReadyNotify()
	client := v3client.New(e.Server)
	resp, err := client.Get(b.Context(), "/peering/", clientv3.WithPrefix())
	if err != nil {
		b.Fatal(err)
	}
	keys := map[string]string{}
	for _, kv := range resp.Kvs {
		keys[string(kv.Key)] = string(kv.Value)
	}
	return client, keys
}

// putAll writes the keys with a new suffix each in one transaction, on the
// condition that they do not exist.
func putAll(ctx context.Context, c *clientv3.Client, keys map[string]string) error {
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	var compare []clientv3.Cmp
	var then []clientv3.Op
	guards := 0
	for key, value := range keys {
		suffix := id
		if strings.HasPrefix(key, "/peering/quota-guard/") {
			suffix = fmt.Sprintf("%x%s", guards, id[:3]) // creations share them
			guards++
		} else if len(compare) < 4 { // about as many as a creation compares
			compare = append(compare, clientv3.Compare(clientv3.CreateRevision(key[:len(key)-len(suffix)]+suffix), "=", 0))
		}
		key = key[:len(key)-len(suffix)] + suffix
		then = append(then, clientv3.OpPut(key, value))
	}
	resp, err := c.Txn(ctx).If(compare...).Then(then...).Commit()
	if err == nil && !resp.Succeeded {
		err = fmt.Errorf("a key with the suffix %s exists", id)
	}
	return err
}
