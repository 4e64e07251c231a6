package peering

import (
	"context"
	"fmt"
	"time"
)

// Rules are the settings that an operator can change.
type Rules struct {
	Quotas

	// Lifetime is the time after which a pending peering expires.
	Lifetime time.Duration
}

// DefaultRules returns the DefaultQuotas and a lifetime of seven days.
func DefaultRules() Rules {
	return Rules{Quotas: DefaultQuotas(), Lifetime: 7 * 24 * time.Hour}
}

// A Service implements the operations on peerings, routes and clusters, and
// enforces the rules. It is safe for concurrent use. Its methods return the
// errors of the Store with their codes.
type Service struct {
	store Store
	rules Rules
	now   func() time.Time
	newID func() ID
}

// NewService returns a service on the store that uses the given clock and
// source of IDs. The IDs must increase.
func NewService(store Store, rules Rules, now func() time.Time, newID func() ID) *Service {
	return &Service{
		store: store,
		rules: rules,
		// Without its monotonic reading, a time is equal to the one that is read back
		// from the store.
		now:   func() time.Time { return now().UTC().Round(0) },
		newID: newID,
	}
}

// CreateForCluster creates a peering that the VPC of the cluster requests. It
// uses the name and the accepter of p and sets everything else. An accepter
// without a tenant belongs to the cluster's project. The peering is pending even
// if one tenant owns both VPCs.
//
// If idem replays an earlier creation, it returns the peering of that one, and
// replayed is true.
func (s *Service) CreateForCluster(
	ctx context.Context, ref ClusterRef, p Peering, idem Idempotency,
) (created Peering, replayed bool, err error) {
	accepter := p.Accepter
	if accepter.Tenant == "" {
		accepter.Tenant = ref.Project
	}
	return s.create(ctx, Peering{Name: p.Name, Status: PendingAcceptance, Accepter: accepter, Cluster: ref}, idem)
}

// Create creates a peering that a VPC of the caller requests. It uses the name,
// the description, the requester and the accepter of p and sets everything else.
// A VPC without a tenant belongs to the caller. The peering is ACTIVE if the
// caller owns both VPCs and pending otherwise.
//
// If idem replays an earlier creation, it returns the peering of that one, and
// replayed is true.
func (s *Service) Create(
	ctx context.Context, caller ID, p Peering, idem Idempotency,
) (created Peering, replayed bool, err error) {
	p = Peering{
		Name:        p.Name,
		Description: p.Description,
		Status:      PendingAcceptance,
		Requester:   p.Requester,
		Accepter:    p.Accepter,
	}
	if p.Requester.Tenant == "" {
		p.Requester.Tenant = caller
	}
	if p.Accepter.Tenant == "" {
		p.Accepter.Tenant = caller
	}
	if !p.Requester.Tenant.Equal(caller) {
		return Peering{}, false, Errorf(Forbidden,
			"The requesting VPC must belong to the caller: request_vpc_info names tenant %s, but the caller is tenant %s.",
			p.Requester.Tenant, caller)
	}
	if p.Accepter.Tenant.Equal(caller) {
		p.Status = Active
	}
	if err := p.Validate(); err != nil {
		return Peering{}, false, err
	}
	return s.create(ctx, p, idem)
}

func (s *Service) create(ctx context.Context, p Peering, idem Idempotency) (created Peering, replayed bool, err error) {
	p.ID = s.newID()
	p.CreatedAt = s.now()
	p.UpdatedAt = p.CreatedAt
	p.ExpiresAt = p.CreatedAt.Add(s.rules.Lifetime)
	created, replayed, err = s.store.Create(ctx, p, idem, s.rules.Quotas)
	if CodeOf(err) == QuotaExceeded && s.expireSome(ctx) > 0 {
		created, replayed, err = s.store.Create(ctx, p, idem, s.rules.Quotas)
	}
	if err != nil {
		return Peering{}, false, fmt.Errorf("create peering %s: %w", p.ID, err)
	}
	return created, replayed, nil
}

// Show returns a peering in the scope, or an error of code NotFound.
func (s *Service) Show(ctx context.Context, scope Scope, id ID) (Peering, error) {
	if err := s.checkCluster(ctx, scope); err != nil {
		return Peering{}, err
	}
	p, err := s.store.Get(ctx, id)
	if err != nil {
		return Peering{}, err
	}
	if !scope.Contains(p) {
		return Peering{}, NewNotFound(id)
	}
	return p.At(s.now()), nil
}

// List returns the peerings in the scope that match the filter and have IDs
// after the given one, oldest first. It returns at most limit peerings, or all
// if it is 0, and whether there are more.
func (s *Service) List(ctx context.Context, scope Scope, filter Filter, after ID, limit int) ([]Peering, bool, error) {
	if err := s.checkCluster(ctx, scope); err != nil {
		return nil, false, err
	}
	return s.list(ctx, scope, filter, after, limit)
}

// ListForCluster returns a cluster and all its peerings, oldest first.
func (s *Service) ListForCluster(ctx context.Context, ref ClusterRef) (Cluster, []Peering, error) {
	cluster, err := s.store.Cluster(ctx, ref)
	if err != nil {
		return Cluster{}, nil, err
	}
	found, _, err := s.list(ctx, Scope{Cluster: ref}, Filter{}, "", 0)
	return cluster, found, err
}

func (s *Service) list(
	ctx context.Context, scope Scope, filter Filter, after ID, limit int,
) (found []Peering, more bool, err error) {
	now := s.now()
	match := func(p Peering) bool { return filter.Matches(p.At(now)) }
	if filter.ID != "" {
		found, err = s.listOne(ctx, filter.ID, func(p Peering) bool {
			return scope.Contains(p) && match(p) && p.ID.Key() > after.Key()
		})
	} else {
		found, more, err = s.store.List(ctx, scope, Query{After: after, Limit: limit, Filter: filter, Match: match})
	}
	for i := range found {
		found[i] = found[i].At(now)
	}
	return found, more, err
}

// listOne returns the peering with the ID, or no peering if it does not exist or
// does not match.
func (s *Service) listOne(ctx context.Context, id ID, match func(Peering) bool) ([]Peering, error) {
	p, err := s.store.Get(ctx, id)
	if CodeOf(err) == NotFound || err == nil && !match(p) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []Peering{p}, nil
}

// A Change is an update of a peering. Nil fields keep their values.
type Change struct {
	Name        *string
	Description *string
}

// Rename changes the name, the description or both. The caller must be the
// requester.
func (s *Service) Rename(ctx context.Context, caller, id ID, change Change) (Peering, error) {
	now := s.now()
	return s.store.Update(ctx, id, s.rules.Quotas, func(p Peering) (Peering, error) {
		if err := checkSide(Rename, p, id, caller); err != nil {
			return p, err
		}
		renamed, err := p.Apply(Rename, now)
		if err != nil {
			return p, err
		}
		setIfPresent(&renamed.Name, change.Name)
		setIfPresent(&renamed.Description, change.Description)
		if renamed != p {
			renamed.UpdatedAt = now
		}
		return renamed, nil
	})
}

func setIfPresent[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Accept makes a pending peering ACTIVE. It changes nothing if the peering is
// already ACTIVE. The caller must be the accepter.
func (s *Service) Accept(ctx context.Context, caller, id ID) (Peering, error) {
	return s.decide(ctx, Accept, caller, id)
}

// Reject makes a pending peering REJECTED. It changes nothing if the peering is
// already REJECTED. The caller must be the accepter.
func (s *Service) Reject(ctx context.Context, caller, id ID) (Peering, error) {
	return s.decide(ctx, Reject, caller, id)
}

func (s *Service) decide(ctx context.Context, action Action, caller, id ID) (Peering, error) {
	now := s.now()
	change := func(p Peering) (Peering, error) {
		if err := checkSide(action, p, id, caller); err != nil {
			return p, err
		}
		return p.Apply(action, now)
	}
	p, err := s.store.Update(ctx, id, s.rules.Quotas, change)
	if CodeOf(err) == QuotaExceeded && s.expireSome(ctx) > 0 {
		return s.store.Update(ctx, id, s.rules.Quotas, change)
	}
	return p, err
}

// checkSide returns an error of code Forbidden if the action is reserved for the
// other side of p, or NotFound if p is not visible to the caller. The message
// spells the ID as in the request.
func checkSide(action Action, p Peering, id, caller ID) error {
	if !(Scope{Tenant: caller}).Contains(p) {
		return NewNotFound(id)
	}
	side, tenant := "accepter", p.Accepter.Tenant
	if action == Rename {
		side, tenant = "requester", p.Requester.Tenant
	}
	if !tenant.Equal(caller) {
		return Errorf(Forbidden, "Only the %s, tenant %s, can %s the peering.", side, tenant, action)
	}
	return nil
}

// Delete deletes a peering in the scope, whatever its status.
func (s *Service) Delete(ctx context.Context, scope Scope, id ID) error {
	if err := s.checkCluster(ctx, scope); err != nil {
		return err
	}
	now := s.now()
	_, err := s.store.Update(ctx, id, s.rules.Quotas, func(p Peering) (Peering, error) {
		if !scope.Contains(p) {
			return p, NewNotFound(id)
		}
		return p.Apply(Delete, now)
	})
	return err
}

// checkCluster returns an error of code ClusterNotFound if the scope is that of
// a cluster which does not exist.
func (s *Service) checkCluster(ctx context.Context, scope Scope) error {
	if scope.Cluster == (ClusterRef{}) {
		return nil
	}
	_, err := s.store.Cluster(ctx, scope.Cluster)
	return err
}
