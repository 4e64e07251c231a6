package e2e_test

import (
	"context"
	"errors"
	"net/http"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/linearizability"
	"github.com/peering/peering/internal/peering"
)

// overHTTP is a server as a history sees it, through the SDK.
type overHTTP struct {
	endpoint string
	http     *http.Client
}

var _ linearizability.System = overHTTP{}

// as answers a client of a project.
func (s overHTTP) as(projectID peering.ID) *client.Client {
	// A history is of requests, each with its own answer, so nothing is sent again.
	c, err := client.New(s.endpoint, client.WithProject(string(projectID)), client.WithHTTPClient(s.http),
		client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
	if err != nil {
		panic(err) // the endpoint is a server's own
	}
	return c
}

func (s overHTTP) Create(ctx context.Context, caller peering.ID, r peering.Peering, once peering.Idempotency) (peering.Peering, bool, error) {
	ctx, key := withKey(ctx, once)
	p, err := s.as(caller).CreateVPCPeering(ctx, client.VPCPeeringCreate{
		Name:           r.Name,
		RequestVPCInfo: client.VPCReference{VPCID: string(r.Requester.ID), TenantID: string(r.Requester.Tenant)},
		AcceptVPCInfo:  client.VPCReference{VPCID: string(r.Accepter.ID), TenantID: string(r.Accepter.Tenant)},
	})
	return ofVPCPeering(p), key.replayed, coded(err)
}

func (s overHTTP) CreateForCluster(
	ctx context.Context, ref peering.ClusterRef, r peering.Peering, once peering.Idempotency,
) (peering.Peering, bool, error) {
	ctx, key := withKey(ctx, once)
	p, err := s.as(ref.Project).CreatePeering(ctx, ref.ID, client.PeeringCreate{
		Name: r.Name, VPCID: string(r.Accepter.ID), AcceptTenantID: string(r.Accepter.Tenant),
	})
	return ofPeering(p), key.replayed, coded(err)
}

func (s overHTTP) CreateCluster(ctx context.Context, wanted peering.Cluster, once peering.Idempotency) (peering.Cluster, bool, error) {
	ctx, key := withKey(ctx, once)
	id, err := s.as(wanted.Project).CreateCluster(ctx, client.ClusterCreate{Name: wanted.Name})
	wanted.ID = id
	return wanted, key.replayed, coded(err)
}

func (s overHTTP) Show(ctx context.Context, scope peering.Scope, id peering.ID) (peering.Peering, error) {
	if scope.Cluster != (peering.ClusterRef{}) {
		p, err := s.as(scope.Cluster.Project).ShowPeering(ctx, scope.Cluster.ID, string(id))
		return ofPeering(p), coded(err)
	}
	p, err := s.as(scope.Tenant).ShowVPCPeering(ctx, string(id))
	return ofVPCPeering(p), coded(err)
}

// List knows no filters and no pages: a history needs none.
func (s overHTTP) List(ctx context.Context, scope peering.Scope, _ peering.Filter, _ peering.ID, _ int) (found []peering.Peering, more bool, err error) {
	if scope.Cluster != (peering.ClusterRef{}) {
		list, err := s.as(scope.Cluster.Project).ListPeerings(ctx, scope.Cluster.ID)
		for _, p := range list {
			found = append(found, ofPeering(p))
		}
		return found, false, coded(err)
	}
	page, err := s.as(scope.Tenant).ListVPCPeerings(ctx, client.VPCPeeringQuery{})
	for _, p := range page.Peerings {
		found = append(found, ofVPCPeering(p))
	}
	return found, page.Next != "", coded(err)
}

func (s overHTTP) Accept(ctx context.Context, caller, id peering.ID) (peering.Peering, error) {
	p, err := s.as(caller).AcceptVPCPeering(ctx, string(id))
	return ofVPCPeering(p), coded(err)
}

func (s overHTTP) Reject(ctx context.Context, caller, id peering.ID) (peering.Peering, error) {
	p, err := s.as(caller).RejectVPCPeering(ctx, string(id))
	return ofVPCPeering(p), coded(err)
}

func (s overHTTP) Delete(ctx context.Context, scope peering.Scope, id peering.ID) error {
	if scope.Cluster != (peering.ClusterRef{}) {
		return coded(s.as(scope.Cluster.Project).DeletePeering(ctx, scope.Cluster.ID, string(id)))
	}
	return coded(s.as(scope.Tenant).DeleteVPCPeering(ctx, string(id)))
}

func ofPeering(p client.Peering) peering.Peering {
	return peering.Peering{
		ID: peering.ID(p.ID), Name: p.Name, Status: peering.Status(p.Status),
		Requester: peering.VPC{ID: peering.ID(p.RequestVPCInfo.VPCID), Tenant: peering.ID(p.RequestVPCInfo.TenantID)},
		Accepter:  peering.VPC{ID: peering.ID(p.AcceptVPCInfo.VPCID), Tenant: peering.ID(p.AcceptVPCInfo.TenantID)},
	}
}

func ofVPCPeering(p client.VPCPeering) peering.Peering {
	return peering.Peering{
		ID: peering.ID(p.ID), Name: p.Name, Status: peering.Status(p.Status),
		Requester: peering.VPC{ID: peering.ID(p.RequestVPCInfo.VPCID), Tenant: peering.ID(p.RequestVPCInfo.TenantID)},
		Accepter:  peering.VPC{ID: peering.ID(p.AcceptVPCInfo.VPCID), Tenant: peering.ID(p.AcceptVPCInfo.TenantID)},
	}
}

var codes = map[string]peering.Code{
	"CS.22103": peering.NotFound, "VPC.2204": peering.NotFound, "VPC.2701": peering.Forbidden,
	"CS.22104": peering.AlreadyPeered, "VPC.22104": peering.AlreadyPeered,
	"CS.22105": peering.WrongStatus, "VPC.22105": peering.WrongStatus,
	"CS.22113": peering.QuotaExceeded, "VPC.0114": peering.QuotaExceeded,
	"CS.22108": peering.Unavailable, "VPC.22108": peering.Unavailable,
}

// coded gives what the SDK answers the code of the domain. Whoever got no answer knows nothing.
func coded(err error) error {
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*client.Error](err)
	if !ok {
		return &peering.Error{Code: peering.Unavailable, Err: err}
	}
	code, ok := codes[refused.Code]
	if !ok {
		code = peering.Code(refused.Error())
	}
	return &peering.Error{Code: code, Message: refused.Message, Err: err}
}

// keyed sends the idempotency key that the context of a request holds, and tells whether the answer is replayed.
type keyed struct{ base http.RoundTripper }

type idempotency struct {
	key      string
	replayed bool
}

type idempotencyKey struct{}

func withKey(ctx context.Context, once peering.Idempotency) (context.Context, *idempotency) {
	i := &idempotency{key: once.Key}
	return context.WithValue(ctx, idempotencyKey{}, i), i
}

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	i, ok := r.Context().Value(idempotencyKey{}).(*idempotency)
	if !ok || i.key == "" {
		return k.base.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Idempotency-Key", i.key)
	resp, err := k.base.RoundTrip(r)
	if err == nil {
		i.replayed = resp.Header.Get("Idempotency-Replayed") == "true"
	}
	return resp, err
}
