package overload

import (
	"container/list"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrOverloaded is the error of Queue.Acquire for a request that has waited too
// long.
var ErrOverloaded = errors.New("the server is overloaded")

// QueueConfig configures a Queue.
type QueueConfig struct {
	// Concurrency is the number of requests that run concurrently; 0 sets no
	// limit, and then the other fields have no effect.
	Concurrency int
	// KeyConcurrency is the number of these that one key may use, at least 1.
	KeyConcurrency int
	// Length is the number of further requests in the queue.
	Length int
	// MaxWait is the longest time that a request waits.
	MaxWait time.Duration
}

// Queue limits how many requests run concurrently. A request enters the queue,
// which may be full, and acquires permission to run as soon as its key is known.
// Until then it waits, in a FIFO queue per key; the keys are served round robin,
// so that one with many requests does not delay the others. Queue is safe for
// concurrent use.
type Queue struct {
	cfg QueueConfig

	mu                        sync.Mutex
	entered, running, waiting int
	keys                      map[string]*keyQueue
	// ready holds the keys whose next request may run, in round-robin order.
	ready list.List
}

// keyQueue is the queue of one key. It exists while the key has requests.
type keyQueue struct {
	running int
	waiting []chan struct{}
	// element is the key's place in Queue.ready, nil if it is not ready.
	element *list.Element
}

// NewQueue returns an empty queue.
func NewQueue(cfg QueueConfig) *Queue {
	return &Queue{cfg: cfg, keys: map[string]*keyQueue{}}
}

// Full reports whether Enter would return false. It allows a server to shed
// requests before it reads them.
func (q *Queue) Full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.full()
}

// Enter adds a request to the queue. It returns false if the queue is full;
// otherwise the caller must call Leave when the request is done.
func (q *Queue) Enter() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full() {
		return false
	}
	q.entered++
	return true
}

// Leave removes a request from the queue.
func (q *Queue) Leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.entered--
}

// Acquire waits until a request of key that has entered may run. The caller
// must call release when it has run; further calls have no effect. Acquire
// returns ErrOverloaded if the wait exceeds MaxWait, and the context's error if
// ctx ends first.
func (q *Queue) Acquire(ctx context.Context, key string) (release func(), err error) {
	if q.cfg.Concurrency == 0 {
		return func() {}, nil
	}
	admitted := q.enqueue(key)
	timeout := time.NewTimer(q.cfg.MaxWait)
	defer timeout.Stop()
	select {
	case <-admitted:
	case <-timeout.C:
		err = ErrOverloaded
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil && q.cancel(key, admitted) {
		return nil, err
	}
	return sync.OnceFunc(func() { q.release(key) }), nil
}

// InFlight returns the number of requests that have entered.
func (q *Queue) InFlight() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.entered
}

// Waiting returns the number of requests that wait in Acquire.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}

func (q *Queue) full() bool {
	return q.cfg.Concurrency > 0 && q.entered >= q.cfg.Concurrency+q.cfg.Length
}

// enqueue adds a waiting request. Its channel is closed when the request may run.
func (q *Queue) enqueue(key string) (admitted chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.keys[key]
	if k == nil {
		k = &keyQueue{}
		q.keys[key] = k
	}
	admitted = make(chan struct{})
	k.waiting = append(k.waiting, admitted)
	q.waiting++
	q.update(key, k)
	q.dispatch()
	return admitted
}

// cancel removes a waiting request. It returns false if the request has been
// admitted in the meantime.
func (q *Queue) cancel(key string, admitted chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.keys[key]
	i := slices.Index(k.waiting, admitted)
	if i < 0 {
		return false
	}
	k.waiting = slices.Delete(k.waiting, i, i+1)
	q.waiting--
	q.update(key, k)
	return true
}

func (q *Queue) release(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.keys[key]
	k.running--
	q.running--
	q.update(key, k)
	q.dispatch()
}

// dispatch admits requests while there is capacity. The caller holds mu.
func (q *Queue) dispatch() {
	for q.running < q.cfg.Concurrency && q.ready.Len() > 0 {
		key, _ := q.ready.Front().Value.(string)
		k := q.keys[key]
		close(k.waiting[0])
		k.waiting = slices.Delete(k.waiting, 0, 1)
		k.running++
		q.waiting--
		q.running++
		q.ready.MoveToBack(k.element)
		q.update(key, k)
	}
}

// update adds a key to the ready list or removes it after a change of its
// queue, and drops an empty queue. The caller holds mu.
func (q *Queue) update(key string, k *keyQueue) {
	ready := len(k.waiting) > 0 && k.running < q.cfg.KeyConcurrency
	switch {
	case ready && k.element == nil:
		k.element = q.ready.PushBack(key)
	case !ready && k.element != nil:
		q.ready.Remove(k.element)
		k.element = nil
	}
	if k.running == 0 && len(k.waiting) == 0 {
		delete(q.keys, key)
	}
}
