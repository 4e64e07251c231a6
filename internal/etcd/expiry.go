package etcd

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// DueToExpire implements peering.Store.
func (s *Store) DueToExpire(ctx context.Context, now time.Time) iter.Seq2[peering.ID, error] {
	// The keys of peerings that expire right now are included: a time is followed
	// by a slash, which sorts before 0.
	end := expiryPrefix + expiryTime(now) + "0"
	return func(yield func(peering.ID, error) bool) {
		for from, more := expiryPrefix, true; more; {
			var keys []string
			var err error
			keys, more, err = s.keys(ctx, from, end)
			if err != nil {
				yield("", fmt.Errorf("list expired peerings: %w", err))
				return
			}
			for _, key := range keys {
				if !yield(peering.ID(key[strings.LastIndexByte(key, '/')+1:]), nil) {
					return
				}
				from = key + "\x00"
			}
		}
	}
}

// keys returns the first batch of keys in a range and whether there are more.
func (s *Store) keys(ctx context.Context, from, end string) (keys []string, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(batchSize), clientv3.WithKeysOnly())
	if err != nil {
		return nil, false, translate(err)
	}
	for _, kv := range resp.Kvs {
		keys = append(keys, string(kv.Key))
	}
	return keys, resp.More, nil
}
