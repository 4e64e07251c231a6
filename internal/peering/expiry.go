package peering

import (
	"context"
	"errors"
	"fmt"
)

// ExpireDue stores the status EXPIRED for the peerings that are stored as
// pending although they have expired, which frees their VPCs and quotas. It
// returns how many it expired and the joined errors of the others. Processes
// can call it concurrently.
func (s *Service) ExpireDue(ctx context.Context) (expired int, err error) {
	return s.expireDue(ctx, 0)
}

// expireSome expires some of the peerings that use up a quota. It is bounded
// because a request waits for it.
func (s *Service) expireSome(ctx context.Context) (expired int) {
	const limit = 100
	expired, _ = s.expireDue(ctx, limit) // the others keep using up the quota
	return expired
}

// expireDue attempts to expire at most limit peerings, or all if it is 0.
func (s *Service) expireDue(ctx context.Context, limit int) (expired int, err error) {
	now, attempts := s.now(), 0
	var failed []error
	for id, err := range s.store.DueToExpire(ctx, now) {
		if err != nil {
			return expired, errors.Join(append(failed, err)...)
		}
		_, err = s.store.Update(ctx, id, s.rules.Quotas, func(p Peering) (Peering, error) { return p.At(now), nil })
		switch CodeOf(err) {
		case NotFound: // deleted concurrently
		case Unavailable:
			return expired, errors.Join(append(failed, err)...)
		default:
			if err != nil {
				failed = append(failed, fmt.Errorf("expire peering %s: %w", id, err))
				break
			}
			expired++
		}
		if attempts++; attempts == limit {
			break
		}
	}
	return expired, errors.Join(failed...)
}
