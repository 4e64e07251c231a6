package peering

import (
	"context"
	"errors"
	"fmt"
)

// Settle stores as EXPIRED what is stored as pending and reads as EXPIRED, which frees its pair of VPCs and what it
// counts towards. It answers how many it has settled and, joined, why others could not be. Any number of processes may
// do it at a time.
func (s *Service) Settle(ctx context.Context) (settled int, err error) {
	return s.settle(ctx, 0)
}

// settleSome settles what holds up a creation or an acceptance. The caller does not wait for more than a few.
func (s *Service) settleSome(ctx context.Context) (settled int) {
	const few = 100
	settled, _ = s.settle(ctx, few) // what could not be settled holds the caller up as before
	return settled
}

// settle tries so many at most, 0 for all.
func (s *Service) settle(ctx context.Context, limit int) (settled int, err error) {
	now, tried := s.now(), 0
	var failed []error
	for id, err := range s.store.Due(ctx, now) {
		if err != nil {
			return settled, errors.Join(append(failed, err)...)
		}
		_, err = s.store.Update(ctx, id, s.rules.Limits, func(p Peering) (Peering, error) { return p.At(now), nil })
		switch CodeOf(err) {
		case NotFound: // it was deleted
		case Unavailable:
			return settled, errors.Join(append(failed, err)...)
		default:
			if err != nil {
				failed = append(failed, fmt.Errorf("settle peering %s: %w", id, err))
				break
			}
			settled++
		}
		if tried++; tried == limit {
			break
		}
	}
	return settled, errors.Join(failed...)
}
