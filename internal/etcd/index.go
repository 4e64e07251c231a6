package etcd

import (
	"context"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// common is the ids that several indexes have in common, in order.
type common []union

// page answers the first ids from the given one on, size at most; fewer where there are no more.
func (c common) page(ctx context.Context, from string, size int) ([]string, error) {
	page := make([]string, 0, size)
	for len(page) < size {
		id, ok, err := c.seek(ctx, from)
		if err != nil || !ok {
			return page, err
		}
		page = append(page, id)
		from = id + "\x00"
	}
	return page, nil
}

// seek answers the first id that is not less than the given one and is in all indexes: each in turn leaps to its first
// id from there on, until they agree.
func (c common) seek(ctx context.Context, id string) (string, bool, error) {
	for agreed := 0; agreed < len(c); {
		for _, u := range c {
			next, ok, err := u.seek(ctx, id)
			if err != nil || !ok {
				return "", false, err
			}
			if next != id {
				id, agreed = next, 0
			}
			agreed++
		}
	}
	return id, true, nil
}

// union is the ids that are in any of some indexes, in order.
type union []*index

// union answers the ids of the indexes whose keys start so.
func (s *Store) union(at *moment, prefixes ...string) union {
	u := make(union, len(prefixes))
	for i, prefix := range prefixes {
		u[i] = &index{store: s, at: at, prefix: prefix}
	}
	return u
}

// moment is when several reads see the store: at the revision that the first of them found, so that together they see
// what was there at one time. Zero until then.
type moment struct{ revision int64 }

func (u union) seek(ctx context.Context, id string) (first string, ok bool, err error) {
	for _, x := range u {
		next, there, err := x.seek(ctx, id)
		if err != nil {
			return "", false, err
		}
		if there && (!ok || next < first) {
			first, ok = next, true
		}
	}
	return first, ok, nil
}

// index is the ids of one index, read in batches.
type index struct {
	store  *Store
	at     *moment
	prefix string
	// ids are all those of the index from the one that was sought on, up to the last of ids or, where complete, to the end.
	from     string
	ids      []string
	complete bool
}

func (x *index) seek(ctx context.Context, id string) (string, bool, error) {
	if !x.holds(id) {
		if err := x.read(ctx, id); err != nil {
			return "", false, err
		}
	}
	i, _ := slices.BinarySearch(x.ids, id)
	if i == len(x.ids) {
		return "", false, nil
	}
	return x.ids[i], true, nil
}

// holds tells whether the first id from the given one on is known, or that there is none.
func (x *index) holds(id string) bool {
	if len(x.ids) == 0 {
		return x.complete && x.from <= id
	}
	return x.from <= id && (x.complete || id <= x.ids[len(x.ids)-1])
}

func (x *index) read(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, x.store.timeout)
	defer cancel()
	resp, err := x.store.client.Get(ctx, x.prefix+id,
		clientv3.WithRange(clientv3.GetPrefixRangeEnd(x.prefix)), clientv3.WithLimit(batch), clientv3.WithKeysOnly(),
		clientv3.WithRev(x.at.revision))
	if err != nil {
		return translate(fmt.Errorf("read index %s: %w", x.prefix, err))
	}
	if x.at.revision == 0 {
		x.at.revision = resp.Header.Revision
	}
	x.from, x.ids, x.complete = id, make([]string, len(resp.Kvs)), !resp.More
	for i, kv := range resp.Kvs {
		x.ids[i] = string(kv.Key[len(x.prefix):])
	}
	return nil
}
