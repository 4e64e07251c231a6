package overload_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peering/peering/server/overload"
)

// client sends requests to a queue and records the outcomes in their order.
type client struct {
	queue *overload.Queue

	mu       sync.Mutex
	admitted []string
	releases map[string][]func()
	shed     []string
	failed   []error
}

func newClient(cfg overload.QueueConfig) *client {
	return &client{queue: overload.NewQueue(cfg), releases: map[string][]func(){}}
}

// send sends a request of each key, one after another. It returns when each is
// shed, runs or waits.
func (c *client) send(ctx context.Context, keys ...string) {
	for _, key := range keys {
		if !c.queue.Enter() {
			c.shed = append(c.shed, key)
			continue
		}
		go func() {
			release, err := c.queue.Acquire(ctx, key)
			c.mu.Lock()
			defer c.mu.Unlock()
			if err != nil {
				c.queue.Leave()
				c.failed = append(c.failed, err)
				return
			}
			c.admitted = append(c.admitted, key)
			c.releases[key] = append(c.releases[key], release)
		}()
		synctest.Wait()
	}
}

// finish finishes the oldest running request of key.
func (c *client) finish(key string) {
	c.mu.Lock()
	release := c.releases[key][0]
	c.releases[key] = c.releases[key][1:]
	c.mu.Unlock()
	release()
	release() // has no effect
	c.queue.Leave()
	synctest.Wait()
}

// wantAdmitted checks the requests admitted since the last call.
func (c *client) wantAdmitted(t *testing.T, keys ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.admitted, keys) {
		t.Errorf("admitted %v, want %v", c.admitted, keys)
	}
	c.admitted = nil
}

// wantFailed checks the errors of all requests so far.
func (c *client) wantFailed(t *testing.T, errs ...error) {
	t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.EqualFunc(c.failed, errs, errors.Is) {
		t.Errorf("requests failed with %v, want %v", c.failed, errs)
	}
}

// wantLoad checks how many requests have entered and how many of them wait.
func (c *client) wantLoad(t *testing.T, inFlight, waiting int) {
	t.Helper()
	if c.queue.InFlight() != inFlight || c.queue.Waiting() != waiting {
		t.Errorf("%d requests are in flight and %d waiting, want %d and %d", c.queue.InFlight(), c.queue.Waiting(), inFlight, waiting)
	}
}

// advance advances the clock of the test's bubble.
func advance(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's clock is fake
}

func TestQueueServesKeysRoundRobin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(overload.QueueConfig{Concurrency: 1, KeyConcurrency: 1, Length: 10, MaxWait: time.Second})
		c.send(t.Context(), "loud", "loud", "loud", "loud", "quiet", "other")
		c.wantAdmitted(t, "loud")
		c.wantLoad(t, 6, 5)
		c.finish("loud")
		c.wantAdmitted(t, "quiet")
		c.finish("quiet")
		c.wantAdmitted(t, "other")
		c.send(t.Context(), "quiet")
		c.finish("other")
		c.wantAdmitted(t, "loud")
		c.finish("loud")
		c.wantAdmitted(t, "quiet")
		c.finish("quiet")
		c.finish("loud")
		c.finish("loud")
		c.wantAdmitted(t, "loud", "loud")
		c.wantLoad(t, 0, 0)
	})
}

func TestQueueLimitsConcurrencyOfKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(overload.QueueConfig{Concurrency: 4, KeyConcurrency: 2, Length: 10, MaxWait: time.Second})
		c.send(t.Context(), "loud", "loud", "loud", "loud", "quiet")
		c.wantAdmitted(t, "loud", "loud", "quiet")
		c.finish("quiet")
		c.wantAdmitted(t)
		c.finish("loud")
		c.wantAdmitted(t, "loud")
		c.send(t.Context(), "quiet", "quiet", "quiet")
		c.wantAdmitted(t, "quiet", "quiet")
	})
}

func TestQueueShedsLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(overload.QueueConfig{Concurrency: 1, KeyConcurrency: 1, Length: 2, MaxWait: time.Second})
		c.send(t.Context(), "a", "b")
		if c.queue.Full() {
			t.Error("the queue is full too early")
		}
		c.send(t.Context(), "c")
		if !c.queue.Full() {
			t.Error("the queue is not full")
		}
		c.send(t.Context(), "d")
		if !slices.Equal(c.shed, []string{"d"}) {
			t.Errorf("requests of %v were shed, want d", c.shed)
		}
		c.wantLoad(t, 3, 2)
		c.finish("a")
		c.wantAdmitted(t, "a", "b")
		if c.queue.Full() {
			t.Error("the queue is still full")
		}
		c.finish("b")
		c.finish("c")
		c.wantLoad(t, 0, 0)
	})
}

func TestQueueWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(overload.QueueConfig{Concurrency: 1, KeyConcurrency: 1, Length: 10, MaxWait: time.Second})
		canceled, cancel := context.WithCancel(t.Context())
		c.send(t.Context(), "a")
		c.send(canceled, "b")
		c.send(t.Context(), "c")
		cancel()
		c.wantFailed(t, context.Canceled)
		advance(time.Second - 1)
		c.wantFailed(t, context.Canceled)
		advance(1)
		c.wantFailed(t, context.Canceled, overload.ErrOverloaded)
		c.wantLoad(t, 1, 0)
		c.finish("a")
		c.wantAdmitted(t, "a")
		c.send(t.Context(), "d")
		c.wantAdmitted(t, "d")
		c.finish("d")
		c.wantLoad(t, 0, 0)
	})
}

func TestQueueWithoutLimitAdmitsAll(t *testing.T) {
	q := overload.NewQueue(overload.QueueConfig{})
	for range 100 {
		if q.Full() || !q.Enter() {
			t.Fatal("a queue without limit is full")
		}
		if _, err := q.Acquire(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
}

// Under the race detector this checks that no request is lost or admitted over
// the limits.
func TestQueueUnderContention(t *testing.T) {
	const concurrency, perKey = 4, 2
	q := overload.NewQueue(overload.QueueConfig{Concurrency: concurrency, KeyConcurrency: perKey, Length: 1000, MaxWait: time.Minute})
	var mu sync.Mutex
	running := map[string]int{}
	count := func(key string, n int) {
		mu.Lock()
		defer mu.Unlock()
		running[key] += n
		running["all"] += n
		if running[key] > perKey || running["all"] > concurrency {
			t.Errorf("too many requests run: %v", running)
		}
	}
	var wg sync.WaitGroup
	for i := range 32 {
		key := string(rune('a' + i%3))
		wg.Go(func() {
			for range 50 {
				release, err := q.Acquire(t.Context(), key)
				if err != nil {
					t.Error(err)
					return
				}
				count(key, 1)
				count(key, -1)
				release()
			}
		})
	}
	wg.Wait()
	if n := q.Waiting(); n != 0 {
		t.Errorf("%d requests are left waiting", n)
	}
}
