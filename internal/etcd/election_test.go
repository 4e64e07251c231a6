package etcd_test

import (
	"context"
	"sync"
	"testing"

	"github.com/peering/peering/internal/etcd"
)

func TestOnlyOneLeaderAtATime(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	stores := []*etcd.Store{connect(t, 0, endpoint), connect(t, 0, endpoint)}
	leading, resign := make(chan int), make(chan struct{})
	lead := func(i int) {
		err := stores[i].RunAsLeader(t.Context(), "test", func(context.Context) {
			leading <- i
			<-resign
		})
		wantCode(t, err, "")
	}
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() { lead(i) })
	}
	first := <-leading
	select {
	case <-leading:
		t.Error("both stores are leaders")
	default:
	}
	resign <- struct{}{}
	if second := <-leading; second == first {
		t.Error("the first leader was elected again")
	}
	resign <- struct{}{}
	wg.Wait()
}
