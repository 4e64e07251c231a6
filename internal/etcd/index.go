package etcd

import (
	"context"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// readRevision is the revision that several reads share, so that together they
// see one state of the store. The first of them sets it; before that it is 0.
type readRevision struct{ revision int64 }

// intersection iterates over the ids that are in all of its unions, in order.
type intersection []union

// page returns at most size ids, starting at the first one that is not less
// than from. It returns fewer only if there are no more.
func (x intersection) page(ctx context.Context, from string, size int) ([]string, error) {
	page := make([]string, 0, size)
	for len(page) < size {
		id, ok, err := x.seek(ctx, from)
		if err != nil || !ok {
			return page, err
		}
		page = append(page, id)
		from = id + "\x00"
	}
	return page, nil
}

// seek returns the first id that is not less than the given one and is in all
// unions. It seeks in each union in turn until all agree on an id.
func (x intersection) seek(ctx context.Context, id string) (string, bool, error) {
	for agreed := 0; agreed < len(x); {
		for _, u := range x {
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

// union iterates over the ids that are in any of its indexes, in order.
type union []*index

// union returns the union of the indexes with the given key prefixes.
func (s *Store) union(at *readRevision, prefixes ...string) union {
	u := make(union, len(prefixes))
	for i, prefix := range prefixes {
		u[i] = &index{store: s, at: at, prefix: prefix}
	}
	return u
}

// seek returns the first id that is not less than the given one.
func (u union) seek(ctx context.Context, id string) (first string, ok bool, err error) {
	for _, x := range u {
		next, found, err := x.seek(ctx, id)
		if err != nil {
			return "", false, err
		}
		if found && (!ok || next < first) {
			first, ok = next, true
		}
	}
	return first, ok, nil
}

// index iterates over the ids of one index, in order. It reads them in batches.
type index struct {
	store  *Store
	at     *readRevision
	prefix string
	// ids is the current batch: all ids of the index that are not less than from,
	// up to the last of the batch, or to the end of the index if complete.
	from     string
	ids      []string
	complete bool
}

// seek returns the first id that is not less than the given one.
func (x *index) seek(ctx context.Context, id string) (string, bool, error) {
	if !x.covers(id) {
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

// covers reports whether the current batch is enough to seek the id.
func (x *index) covers(id string) bool {
	if len(x.ids) == 0 {
		return x.complete && x.from <= id
	}
	return x.from <= id && (x.complete || id <= x.ids[len(x.ids)-1])
}

// read reads the batch that starts at the id.
func (x *index) read(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, x.store.timeout)
	defer cancel()
	resp, err := x.store.client.Get(ctx, x.prefix+id,
		clientv3.WithRange(clientv3.GetPrefixRangeEnd(x.prefix)), clientv3.WithLimit(batchSize), clientv3.WithKeysOnly(),
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
