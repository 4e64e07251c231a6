package e2e_test

import (
	"context"
	"errors"
	"net/http"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/linearizability"
	"github.com/peering/peering/internal/peering"
)

// sdkSystem adapts a server to a linearizability.System by the SDK.
type sdkSystem struct {
	endpoint string
	http     *http.Client
}

var _ linearizability.System = sdkSystem{}

// as returns a client of a project.
func (s sdkSystem) as(projectID peering.ID) *client.Client {
	// The history records every request with its own result, so the client must
	// not retry.
	c, err := client.New(s.endpoint, client.WithProject(string(projectID)), client.WithHTTPClient(s.http),
		client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
	if err != nil {
		panic(err) // the endpoint is valid
	}
	return c
}

func (s sdkSystem) Create(
	ctx context.Context, caller peering.ID, r peering.Peering, idem peering.Idempotency,
) (peering.Peering, bool, error) {
	ctx, key := withIdempotencyKey(ctx, idem)
	p, err := s.as(caller).CreateVPCPeering(ctx, client.VPCPeeringCreate{
		Name:           r.Name,
		RequestVPCInfo: client.VPCReference{VPCID: string(r.Requester.ID), TenantID: string(r.Requester.Tenant)},
		AcceptVPCInfo:  client.VPCReference{VPCID: string(r.Accepter.ID), TenantID: string(r.Accepter.Tenant)},
	})
	return fromVPCPeering(p), key.replayed, domainError(err)
}

func (s sdkSystem) CreateForCluster(
	ctx context.Context, ref peering.ClusterRef, r peering.Peering, idem peering.Idempotency,
) (peering.Peering, bool, error) {
	ctx, key := withIdempotencyKey(ctx, idem)
	p, err := s.as(ref.Project).CreatePeering(ctx, ref.ID, client.PeeringCreate{
		Name: r.Name, VPCID: string(r.Accepter.ID), AcceptTenantID: string(r.Accepter.Tenant),
	})
	return fromPeering(p), key.replayed, domainError(err)
}

func (s sdkSystem) CreateCluster(
	ctx context.Context, c peering.Cluster, idem peering.Idempotency,
) (peering.Cluster, bool, error) {
	ctx, key := withIdempotencyKey(ctx, idem)
	id, err := s.as(c.Project).CreateCluster(ctx, client.ClusterCreate{Name: c.Name})
	c.ID = id
	return c, key.replayed, domainError(err)
}

func (s sdkSystem) Show(ctx context.Context, scope peering.Scope, id peering.ID) (peering.Peering, error) {
	if scope.Cluster != (peering.ClusterRef{}) {
		p, err := s.as(scope.Cluster.Project).ShowPeering(ctx, scope.Cluster.ID, string(id))
		return fromPeering(p), domainError(err)
	}
	p, err := s.as(scope.Tenant).ShowVPCPeering(ctx, string(id))
	return fromVPCPeering(p), domainError(err)
}

// List ignores filters and pages, which histories do not use.
func (s sdkSystem) List(
	ctx context.Context, scope peering.Scope, _ peering.Filter, _ peering.ID, _ int,
) (found []peering.Peering, more bool, err error) {
	if scope.Cluster != (peering.ClusterRef{}) {
		list, err := s.as(scope.Cluster.Project).ListPeerings(ctx, scope.Cluster.ID)
		for _, p := range list {
			found = append(found, fromPeering(p))
		}
		return found, false, domainError(err)
	}
	page, err := s.as(scope.Tenant).ListVPCPeerings(ctx, client.VPCPeeringQuery{})
	for _, p := range page.Peerings {
		found = append(found, fromVPCPeering(p))
	}
	return found, page.Next != "", domainError(err)
}

func (s sdkSystem) Accept(ctx context.Context, caller, id peering.ID) (peering.Peering, error) {
	p, err := s.as(caller).AcceptVPCPeering(ctx, string(id))
	return fromVPCPeering(p), domainError(err)
}

func (s sdkSystem) Reject(ctx context.Context, caller, id peering.ID) (peering.Peering, error) {
	p, err := s.as(caller).RejectVPCPeering(ctx, string(id))
	return fromVPCPeering(p), domainError(err)
}

func (s sdkSystem) Delete(ctx context.Context, scope peering.Scope, id peering.ID) error {
	if scope.Cluster != (peering.ClusterRef{}) {
		return domainError(s.as(scope.Cluster.Project).DeletePeering(ctx, scope.Cluster.ID, string(id)))
	}
	return domainError(s.as(scope.Tenant).DeleteVPCPeering(ctx, string(id)))
}

func fromPeering(p client.Peering) peering.Peering {
	return peering.Peering{
		ID: peering.ID(p.ID), Name: p.Name, Status: peering.Status(p.Status),
		Requester: peering.VPC{ID: peering.ID(p.RequestVPCInfo.VPCID), Tenant: peering.ID(p.RequestVPCInfo.TenantID)},
		Accepter:  peering.VPC{ID: peering.ID(p.AcceptVPCInfo.VPCID), Tenant: peering.ID(p.AcceptVPCInfo.TenantID)},
	}
}

func fromVPCPeering(p client.VPCPeering) peering.Peering {
	return peering.Peering{
		ID: peering.ID(p.ID), Name: p.Name, Status: peering.Status(p.Status),
		Requester: peering.VPC{ID: peering.ID(p.RequestVPCInfo.VPCID), Tenant: peering.ID(p.RequestVPCInfo.TenantID)},
		Accepter:  peering.VPC{ID: peering.ID(p.AcceptVPCInfo.VPCID), Tenant: peering.ID(p.AcceptVPCInfo.TenantID)},
	}
}

// codes are the domain's codes by those of the API.
var codes = map[string]peering.Code{
	"CS.22103": peering.NotFound, "VPC.2204": peering.NotFound, "VPC.2701": peering.Forbidden,
	"CS.22104": peering.AlreadyPeered, "VPC.22104": peering.AlreadyPeered,
	"CS.22105": peering.WrongStatus, "VPC.22105": peering.WrongStatus,
	"CS.22113": peering.QuotaExceeded, "VPC.0114": peering.QuotaExceeded,
	"CS.22108": peering.Unavailable, "VPC.22108": peering.Unavailable,
}

// domainError converts an error of the SDK to one of the domain. A request
// without a response has an unknown outcome.
func domainError(err error) error {
	if err == nil {
		return nil
	}
	apiError, ok := errors.AsType[*client.Error](err)
	if !ok {
		return &peering.Error{Code: peering.Unavailable, Err: err}
	}
	code, ok := codes[apiError.Code]
	if !ok {
		code = peering.Code(apiError.Error())
	}
	return &peering.Error{Code: code, Message: apiError.Message, Err: err}
}

// idempotencyTransport sends the idempotency key in the context of a request
// and records there whether the response was replayed.
type idempotencyTransport struct{ base http.RoundTripper }

type idempotency struct {
	key      string
	replayed bool
}

type idempotencyKey struct{}

func withIdempotencyKey(ctx context.Context, idem peering.Idempotency) (context.Context, *idempotency) {
	i := &idempotency{key: idem.Key}
	return context.WithValue(ctx, idempotencyKey{}, i), i
}

func (k idempotencyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
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
