package main

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/httphandler"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	vpc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpc/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpc/v2/model"
)

// The tenants and VPCs of the cycle that all three SDKs go through.
const (
	sdkRequester = "a0000000000000000000000000000001"
	sdkAccepter  = "a0000000000000000000000000000002"
	unknownID    = "7e974044-bcc1-4f25-aff8-5f10cb347b0f"
)

var sdkVPCs = []string{
	"a1000000-0000-4000-8000-000000000001",
	"a1000000-0000-4000-8000-000000000002",
	"a1000000-0000-4000-8000-000000000003",
	"a1000000-0000-4000-8000-000000000004",
}

// goCycle is the cycle of the Go SDK: what it made in one step is used in the next.
type goCycle struct {
	*trial

	requester, accepter *vpc.VpcClient
	// offered is to be accepted, refused to be rejected, own is ACTIVE from the start.
	offered, refused, own string
}

// sdkGo walks through all operations of the VPC root with the Go SDK, one client for each of the two tenants.
func sdkGo(t *trial, endpoint string) {
	c := &goCycle{trial: t}
	c.requester = c.client(endpoint, sdkRequester)
	c.accepter = c.client(endpoint, sdkAccepter)
	c.create()
	c.show()
	c.list()
	c.page()
	c.update()
	c.refusals()
	c.decide()
	c.remove()
}

// client answers a client of a tenant. With the project given it asks no identity service.
func (c *goCycle) client(endpoint, tenant string) *vpc.VpcClient {
	credentials, err := basic.NewCredentialsBuilder().WithAk("access-" + tenant).WithSk("secret-" + tenant).WithProjectId(tenant).SafeBuild()
	c.must("credentials", err)
	count := httphandler.NewHttpHandler().AddRequestHandler(func(http.Request) { c.requests++ })
	built, err := core.NewHcHttpClientBuilder().WithCredential(credentials).WithEndpoint(endpoint).
		WithHttpConfig(config.DefaultHttpConfig().WithTimeout(10 * time.Second).WithHttpHandler(count)).SafeBuild()
	c.must("client", err)
	return vpc.NewVpcClient(built)
}

func (c *goCycle) offer(name, from, to string, tenant *string) (*model.VpcPeering, error) {
	description := "made by " + name
	answer, err := c.requester.CreateVpcPeering(&model.CreateVpcPeeringRequest{Body: &model.CreateVpcPeeringRequestBody{
		Peering: &model.CreateVpcPeeringOption{
			Name:           name,
			Description:    &description,
			RequestVpcInfo: &model.VpcInfo{VpcId: from},
			AcceptVpcInfo:  &model.VpcInfo{VpcId: to, TenantId: tenant},
		},
	}})
	if err != nil {
		return nil, err
	}
	return answer.Peering, nil
}

func (c *goCycle) create() {
	tenant := sdkAccepter
	offered, err := c.offer("offered", sdkVPCs[0], sdkVPCs[1], &tenant)
	c.must("create towards another tenant", err)
	c.offered = offered.Id
	equal(c.trial, "its name", offered.Name, "offered")
	equal(c.trial, "its description", offered.Description, "made by offered")
	equal(c.trial, "its status", offered.Status.Value(), "PENDING_ACCEPTANCE")
	equal(c.trial, "its requester's VPC", offered.RequestVpcInfo.VpcId, sdkVPCs[0])
	equal(c.trial, "its requester", *offered.RequestVpcInfo.TenantId, sdkRequester)
	equal(c.trial, "its accepter's VPC", offered.AcceptVpcInfo.VpcId, sdkVPCs[1])
	equal(c.trial, "its accepter", *offered.AcceptVpcInfo.TenantId, sdkAccepter)
	age := time.Since(time.Time(*offered.CreatedAt))
	c.that("created_at is now", age > -time.Minute && age < time.Minute)
	equal(c.trial, "updated_at", *offered.UpdatedAt, *offered.CreatedAt)

	refused, err := c.offer("refused", sdkVPCs[0], sdkVPCs[2], &tenant)
	c.must("create another", err)
	c.refused = refused.Id

	own, err := c.offer("own", sdkVPCs[0], sdkVPCs[3], nil)
	c.must("create within one tenant", err)
	c.own = own.Id
	equal(c.trial, "its status", own.Status.Value(), "ACTIVE")
	equal(c.trial, "its accepter", *own.AcceptVpcInfo.TenantId, sdkRequester)
}

func (c *goCycle) show() {
	for _, client := range []*vpc.VpcClient{c.requester, c.accepter} {
		answer, err := client.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: c.offered})
		c.must("show", err)
		equal(c.trial, "shown id", answer.Peering.Id, c.offered)
		equal(c.trial, "shown status", answer.Peering.Status.Value(), "PENDING_ACCEPTANCE")
	}
}

// ids lists and answers the ids of the page and whether another follows.
func (c *goCycle) ids(client *vpc.VpcClient, request *model.ListVpcPeeringsRequest) (ids []string, more bool) {
	answer, err := client.ListVpcPeerings(request)
	c.must("list", err)
	for _, p := range *answer.Peerings {
		ids = append(ids, p.Id)
	}
	if answer.PeeringsLinks != nil {
		for _, link := range *answer.PeeringsLinks {
			more = more || link.Rel == "next"
		}
	}
	return ids, more
}

func (c *goCycle) list() {
	name, requester, accepter := "refused", sdkRequester, sdkAccepter
	active := model.GetListVpcPeeringsRequestStatusEnum().ACTIVE
	for _, tt := range []struct {
		what    string
		client  *vpc.VpcClient
		request model.ListVpcPeeringsRequest
		want    []string
	}{
		{"list", c.requester, model.ListVpcPeeringsRequest{}, []string{c.offered, c.refused, c.own}},
		{"list of the accepter", c.accepter, model.ListVpcPeeringsRequest{}, []string{c.offered, c.refused}},
		{"filter id", c.requester, model.ListVpcPeeringsRequest{Id: &c.own}, []string{c.own}},
		{"filter name", c.requester, model.ListVpcPeeringsRequest{Name: &name}, []string{c.refused}},
		{"filter status", c.requester, model.ListVpcPeeringsRequest{Status: &active}, []string{c.own}},
		{"filter tenant_id, the accepter's", c.requester, model.ListVpcPeeringsRequest{TenantId: &accepter}, []string{c.offered, c.refused}},
		{"filter tenant_id, the requester's", c.accepter, model.ListVpcPeeringsRequest{TenantId: &requester}, []string{c.offered, c.refused}},
		{"filter vpc_id", c.requester, model.ListVpcPeeringsRequest{VpcId: &sdkVPCs[1]}, []string{c.offered}},
		{"two filters", c.requester, model.ListVpcPeeringsRequest{Name: &name, Status: &active}, nil},
	} {
		got, more := c.ids(tt.client, &tt.request)
		c.that(tt.what, slices.Equal(got, tt.want))
		c.that(tt.what+": one page", !more)
	}
}

func (c *goCycle) page() {
	limit, marker := int32(2), ""
	first, more := c.ids(c.requester, &model.ListVpcPeeringsRequest{Limit: &limit, Marker: &marker})
	c.that("first page", slices.Equal(first, []string{c.offered, c.refused}))
	c.that("first page has a next", more)
	second, more := c.ids(c.requester, &model.ListVpcPeeringsRequest{Limit: &limit, Marker: &first[1]})
	c.that("second page", slices.Equal(second, []string{c.own}))
	c.that("second page has no next", !more)
	third, _ := c.ids(c.requester, &model.ListVpcPeeringsRequest{Limit: &limit, Marker: &second[0]})
	equal(c.trial, "peerings after the last page", len(third), 0)
}

func (c *goCycle) rename(client *vpc.VpcClient, id, name string) (*model.VpcPeering, error) {
	answer, err := client.UpdateVpcPeering(&model.UpdateVpcPeeringRequest{PeeringId: id, Body: &model.UpdateVpcPeeringRequestBody{
		Peering: &model.UpdateVpcPeeringOption{Name: &name},
	}})
	if err != nil {
		return nil, err
	}
	return answer.Peering, nil
}

func (c *goCycle) update() {
	renamed, err := c.rename(c.requester, c.offered, "renamed")
	c.must("update", err)
	equal(c.trial, "new name", renamed.Name, "renamed")
	equal(c.trial, "old description", renamed.Description, "made by offered")
	equal(c.trial, "status after update", renamed.Status.Value(), "PENDING_ACCEPTANCE")
}

func (c *goCycle) accept(client *vpc.VpcClient, id string) (*model.AcceptVpcPeeringResponse, error) {
	return client.AcceptVpcPeering(&model.AcceptVpcPeeringRequest{PeeringId: id})
}

func (c *goCycle) reject(client *vpc.VpcClient, id string) (*model.RejectVpcPeeringResponse, error) {
	return client.RejectVpcPeering(&model.RejectVpcPeeringRequest{PeeringId: id})
}

func (c *goCycle) refusals() {
	tenant := sdkAccepter
	_, err := c.requester.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: unknownID})
	c.isRefused("show of an unknown id", err, http.StatusNotFound, "VPC.2204")
	_, err = c.requester.DeleteVpcPeering(&model.DeleteVpcPeeringRequest{PeeringId: unknownID})
	c.isRefused("delete of an unknown id", err, http.StatusNotFound, "VPC.2204")
	_, err = c.offer("again", sdkVPCs[0], sdkVPCs[1], &tenant)
	c.isRefused("the same pair again", err, http.StatusConflict, "VPC.22104")
	_, err = c.offer("itself", sdkVPCs[0], sdkVPCs[0], nil)
	c.isRefused("a VPC with itself", err, http.StatusBadRequest, "VPC.22102")
	_, err = c.offer("no such name", sdkVPCs[1], sdkVPCs[2], nil)
	c.isRefused("an invalid name", err, http.StatusBadRequest, "VPC.22101")
	_, err = c.accept(c.requester, c.offered)
	c.isRefused("accept by the requester", err, http.StatusForbidden, "VPC.2701")
	_, err = c.reject(c.requester, c.offered)
	c.isRefused("reject by the requester", err, http.StatusForbidden, "VPC.2701")
	_, err = c.rename(c.accepter, c.offered, "mine")
	c.isRefused("update by the accepter", err, http.StatusForbidden, "VPC.2701")
	_, err = c.accepter.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: c.own})
	c.isRefused("show by a stranger", err, http.StatusNotFound, "VPC.2204")
}

// isRefused checks what the SDK makes of a refusal.
func (c *goCycle) isRefused(what string, err error, status int, code string) {
	var got *sdkerr.ServiceResponseError
	c.that(what+" is refused", errors.As(err, &got))
	equal(c.trial, what+": status", got.StatusCode, status)
	equal(c.trial, what+": code", got.ErrorCode, code)
	c.that(what+": has a message", got.ErrorMessage != "")
	c.that(what+": has a request id", got.RequestId != "")
}

func (c *goCycle) decide() {
	for _, what := range []string{"accept", "accept again"} {
		accepted, err := c.accept(c.accepter, c.offered)
		c.must(what, err)
		equal(c.trial, what+": id", *accepted.Id, c.offered)
		equal(c.trial, what+": status", accepted.Status.Value(), "ACTIVE")
		equal(c.trial, what+": accepter", *accepted.AcceptVpcInfo.TenantId, sdkAccepter)
	}
	for _, what := range []string{"reject", "reject again"} {
		rejected, err := c.reject(c.accepter, c.refused)
		c.must(what, err)
		equal(c.trial, what+": id", *rejected.Id, c.refused)
		equal(c.trial, what+": status", rejected.Status.Value(), "REJECTED")
	}
	_, err := c.accept(c.accepter, c.refused)
	c.isRefused("accept after reject", err, http.StatusConflict, "VPC.22105")
	_, err = c.reject(c.accepter, c.offered)
	c.isRefused("reject after accept", err, http.StatusConflict, "VPC.22105")
}

func (c *goCycle) remove() {
	for _, tt := range []struct {
		client *vpc.VpcClient
		id     string
	}{{c.accepter, c.offered}, {c.requester, c.refused}, {c.requester, c.own}} {
		_, err := tt.client.DeleteVpcPeering(&model.DeleteVpcPeeringRequest{PeeringId: tt.id})
		c.must("delete", err)
		_, err = tt.client.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: tt.id})
		c.isRefused("show of a deleted peering", err, http.StatusNotFound, "VPC.2204")
	}
	left, _ := c.ids(c.requester, &model.ListVpcPeeringsRequest{})
	equal(c.trial, "peerings left", len(left), 0)
}
