package peering

import (
	"context"
	"fmt"
	"time"
)

// Rules are what an operator decides.
type Rules struct {
	Quotas

	// Lifetime is how long a peering waits for its accepter before it expires.
	Lifetime time.Duration
}

// DefaultRules are the DefaultQuotas and a lifetime of seven days.
func DefaultRules() Rules {
	return Rules{Quotas: DefaultQuotas(), Lifetime: 7 * 24 * time.Hour}
}

// A Service is what can be done with peerings. It knows the rules; it is safe for concurrent use.
type Service struct {
	store Store
	rules Rules
	now   func() time.Time
	newID func() ID
}

// NewService answers a service over the store, with the clock and the source of ids that it is given. Ids have to
// grow in the order in which they are made.
func NewService(store Store, rules Rules, now func() time.Time, newID func() ID) *Service {
	return &Service{
		store: store,
		rules: rules,
		// Without the monotonic part, a time is the same before it was stored and after.
		now:   func() time.Time { return now().UTC().Round(0) },
		newID: newID,
	}
}

// CreateForCluster creates a peering that the VPC of the cluster requests. It
// uses the name and the accepter of p and sets everything else. An accepter
// without a tenant belongs to the cluster's project. The peering is pending even
// if one tenant owns both VPCs.
//
// If the key of idem was used before, it returns the peering of that time and
// replayed is true.
func (s *Service) CreateForCluster(ctx context.Context, ref ClusterRef, p Peering, idem Idempotency) (created Peering, replayed bool, err error) {
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
// If the key of idem was used before, it returns the peering of that time and
// replayed is true.
func (s *Service) Create(ctx context.Context, caller ID, p Peering, idem Idempotency) (created Peering, replayed bool, err error) {
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
			"The requesting VPC has to be the caller's: request_vpc_info names tenant %s, the caller is %s.", p.Requester.Tenant, caller)
	}
	if p.Accepter.Tenant.Equal(caller) {
		p.Status = Active
	}
	if err := p.Validate(); err != nil {
		return Peering{}, false, err
	}
	return s.create(ctx, p, idem)
}

func (s *Service) create(ctx context.Context, p Peering, idem Idempotency) (made Peering, replayed bool, err error) {
	p.ID = s.newID()
	p.CreatedAt = s.now()
	p.UpdatedAt = p.CreatedAt
	p.ExpiresAt = p.CreatedAt.Add(s.rules.Lifetime)
	made, replayed, err = s.store.Create(ctx, p, idem, s.rules.Quotas)
	if CodeOf(err) == QuotaExceeded && s.expireSome(ctx) > 0 {
		made, replayed, err = s.store.Create(ctx, p, idem, s.rules.Quotas)
	}
	if err != nil {
		return Peering{}, false, fmt.Errorf("create peering %s: %w", p.ID, err)
	}
	return made, replayed, nil
}

// Show answers a peering of the scope, or NotFound.
func (s *Service) Show(ctx context.Context, scope Scope, id ID) (Peering, error) {
	if err := s.exists(ctx, scope); err != nil {
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

// List answers the peerings of the scope that the filter selects, oldest first: those after the given id, at most
// limit (0 for all), and whether there are more.
func (s *Service) List(ctx context.Context, scope Scope, filter Filter, after ID, limit int) ([]Peering, bool, error) {
	if err := s.exists(ctx, scope); err != nil {
		return nil, false, err
	}
	return s.list(ctx, scope, filter, after, limit)
}

// ListForCluster answers a cluster and all its peerings, oldest first, or ClusterNotFound.
func (s *Service) ListForCluster(ctx context.Context, ref ClusterRef) (Cluster, []Peering, error) {
	cluster, err := s.store.Cluster(ctx, ref)
	if err != nil {
		return Cluster{}, nil, err
	}
	found, _, err := s.list(ctx, Scope{Cluster: ref}, Filter{}, "", 0)
	return cluster, found, err
}

func (s *Service) list(ctx context.Context, scope Scope, filter Filter, after ID, limit int) (found []Peering, more bool, err error) {
	now := s.now()
	match := func(p Peering) bool { return filter.Matches(p.At(now)) }
	if filter.ID != "" {
		found, err = s.only(ctx, filter.ID, func(p Peering) bool {
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

// only answers the list that the peering of the id makes alone, empty where it is not there or does not match.
func (s *Service) only(ctx context.Context, id ID, match func(Peering) bool) ([]Peering, error) {
	p, err := s.store.Get(ctx, id)
	if CodeOf(err) == NotFound || err == nil && !match(p) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []Peering{p}, nil
}

// A Change of a peering; a nil member stays as it is.
type Change struct {
	Name        *string
	Description *string
}

// Rename changes the name, the description or both. Only the requester may.
func (s *Service) Rename(ctx context.Context, caller, id ID, change Change) (Peering, error) {
	now := s.now()
	return s.store.Update(ctx, id, s.rules.Quotas, func(p Peering) (Peering, error) {
		if err := mayTake(Rename, p, id, caller); err != nil {
			return p, err
		}
		renamed, err := p.Apply(Rename, now)
		if err != nil {
			return p, err
		}
		replace(&renamed.Name, change.Name)
		replace(&renamed.Description, change.Description)
		if renamed != p {
			renamed.UpdatedAt = now
		}
		return renamed, nil
	})
}

// replace sets a value to what is wanted, if anything is.
func replace[T any](value, wanted *T) {
	if wanted != nil {
		*value = *wanted
	}
}

// Accept makes a pending peering ACTIVE; on one that is ACTIVE it changes nothing. Only the accepter may.
func (s *Service) Accept(ctx context.Context, caller, id ID) (Peering, error) {
	return s.answer(ctx, Accept, caller, id)
}

// Reject makes a pending peering REJECTED; on one that is REJECTED it changes nothing. Only the accepter may.
func (s *Service) Reject(ctx context.Context, caller, id ID) (Peering, error) {
	return s.answer(ctx, Reject, caller, id)
}

func (s *Service) answer(ctx context.Context, action Action, caller, id ID) (Peering, error) {
	now := s.now()
	change := func(p Peering) (Peering, error) {
		if err := mayTake(action, p, id, caller); err != nil {
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

// mayTake answers why the caller may not take an action that belongs to one side of p, or nil. To a stranger the peering
// that he calls id does not exist.
func mayTake(action Action, p Peering, id, caller ID) error {
	if !(Scope{Tenant: caller}).Contains(p) {
		return NewNotFound(id)
	}
	role, tenant := "accepter", p.Accepter.Tenant
	if action == Rename {
		role, tenant = "requester", p.Requester.Tenant
	}
	if !tenant.Equal(caller) {
		return Errorf(Forbidden, "Only the %s, tenant %s, may %s the peering.", role, tenant, action)
	}
	return nil
}

// Delete removes a peering of the scope in whatever status it is, or answers NotFound.
func (s *Service) Delete(ctx context.Context, scope Scope, id ID) error {
	if err := s.exists(ctx, scope); err != nil {
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

// exists answers ClusterNotFound for the scope of a cluster that is not there.
func (s *Service) exists(ctx context.Context, scope Scope) error {
	if scope.Cluster == (ClusterRef{}) {
		return nil
	}
	_, err := s.store.Cluster(ctx, scope.Cluster)
	return err
}
