package peering

import (
	"context"
	"errors"
	"fmt"
)

// ExpireDue stores as EXPIRED what is stored as pending and reads as EXPIRED, which frees its pair of VPCs and what it
// counts towards. It answers how many it has expired and, joined, why others could not be. Any number of processes may
// do it at a time.
func (s *Service) ExpireDue(ctx context.Context) (expired int, err error) {
	return s.expire(ctx, 0)
}

// expireSome settles what holds up a creation or an acceptance. The caller does not wait for more than a few.
func (s *Service) expireSome(ctx context.Context) (expired int) {
	const few = 100
	expired, _ = s.expire(ctx, few) // what could not be expired holds the caller up as before
	return expired
}

// settle tries so many at most, 0 for all.
func (s *Service) expire(ctx context.Context, limit int) (expired int, err error) {
	now, tried := s.now(), 0
	var failed []error
	for id, err := range s.store.DueToExpire(ctx, now) {
		if err != nil {
			return expired, errors.Join(append(failed, err)...)
		}
		_, err = s.store.Update(ctx, id, s.rules.Quotas, func(p Peering) (Peering, error) { return p.At(now), nil })
		switch CodeOf(err) {
		case NotFound: // it was deleted
		case Unavailable:
			return expired, errors.Join(append(failed, err)...)
		default:
			if err != nil {
				failed = append(failed, fmt.Errorf("settle peering %s: %w", id, err))
				break
			}
			expired++
		}
		if tried++; tried == limit {
			break
		}
	}
	return expired, errors.Join(failed...)
}
