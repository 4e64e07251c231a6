package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// serverPool is the endpoints of the running servers.
type serverPool struct {
	mu        sync.Mutex
	endpoints []string
}

func (p *serverPool) endpoint(i int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endpoints[i%len(p.endpoints)]
}

func (p *serverPool) removeLast() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endpoints = p.endpoints[:len(p.endpoints)-1]
}

// createUntilResponse sends a creation with an idempotency key to one server
// after the other, beginning with server i, until one responds.
func (p *serverPool) createUntilResponse(ctx context.Context, i int, key, body string) (harness.Response, error) {
	for ; ; i++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint(i)+harness.CSPath, strings.NewReader(body))
		if err != nil {
			return harness.Response{}, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		resp, err := http.DefaultClient.Do(r)
		if ctx.Err() != nil {
			return harness.Response{}, ctx.Err()
		}
		if err != nil {
			continue // the server was killed
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
			continue
		}
		return harness.Response{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}, nil
	}
}

// TestExactlyOnce sends many concurrent requests with each of many idempotency
// keys to two servers, one of which is killed halfway.
func TestExactlyOnce(t *testing.T) {
	const workers = 4
	keys, most := harness.Scale(40, 1000), harness.Scale(10, 50)
	r := newRand(t)
	etcdEndpoint, _ := startEtcd(t)
	flags := []string{
		"--etcd-endpoints", etcdEndpoint, "--quota-cluster", "1000000", "--quota-pending", "1000000",
		"--rate", "0", "--max-writes", "0",
	}
	survivor, victim := harness.StartProcess(t, flags...), harness.StartProcess(t, flags...)
	pool := &serverPool{endpoints: []string{survivor.Endpoint, victim.Endpoint}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	attempts := randomAttempts(r, keys, most)
	next := make(chan int)
	go func() {
		defer close(next)
		for key := range keys {
			if key == keys/2 {
				_ = victim.Process.Kill() // while it handles requests
				_ = victim.Wait()
				pool.removeLast()
			}
			next <- key
		}
	}()
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for key := range next {
				checkExactlyOnce(ctx, t, pool, key, attempts[key])
			}
		})
	}
	working.Wait()
	c := harness.NewClient(t, survivor.Endpoint, client.WithProject(harness.Project))
	listed, err := c.ListPeerings(t.Context(), harness.ClusterID)
	names := map[string]bool{}
	for _, p := range listed {
		names[p.Name] = true
	}
	if err != nil || len(listed) != keys || len(names) != keys {
		t.Errorf("listed %d peerings with %d names, want %d: %v", len(listed), len(names), keys, err)
	}
}

// randomAttempts returns the number of requests for each key: most for one key
// of ten, up to eight for the others.
func randomAttempts(r *rand.Rand, keys, most int) []int {
	attempts := make([]int, keys)
	for i := range attempts {
		attempts[i] = 1 + r.IntN(8)
		if i%10 == 0 {
			attempts[i] = most
		}
	}
	return attempts
}

// checkExactlyOnce sends concurrent requests with one key and fails the test
// unless all return the same peering.
func checkExactlyOnce(ctx context.Context, t *testing.T, pool *serverPool, key, attempts int) {
	t.Helper()
	body := fmt.Sprintf(`{"name":"k%d","vpc_id":"%032x"}`, key, key+1)
	var mu sync.Mutex
	ids, originals := map[string]bool{}, 0
	var sending sync.WaitGroup
	for i := range attempts {
		sending.Go(func() {
			got, err := pool.createUntilResponse(ctx, i, fmt.Sprint("key-", key), body)
			var created struct{ Peering client.Peering }
			mu.Lock()
			defer mu.Unlock()
			if err != nil || got.Status != http.StatusCreated || json.Unmarshal([]byte(got.Body), &created) != nil {
				t.Errorf("key %d: %v, %d %s", key, err, got.Status, got.Body)
				return
			}
			ids[created.Peering.ID] = true
			if got.Header.Get("Idempotency-Replayed") == "" {
				originals++
			}
		})
	}
	sending.Wait()
	// A killed server may have lost the original response.
	if len(ids) != 1 || originals > 1 {
		t.Errorf("key %d: created %v with %d original responses, want one peering and at most one original response",
			key, ids, originals)
	}
}
