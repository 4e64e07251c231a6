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

// The tenants and VPCs of the Go SDK's suite. Those of the Node and Python SDKs
// have the same form.
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

// sdkGoSuite is the state of the Go SDK's suite.
type sdkGoSuite struct {
	*checker

	requester, accepter *vpc.VpcClient
	// toAccept and toReject are the ids of pending peerings, own is the id of
	// one within a tenant, which is ACTIVE at once.
	toAccept, toReject, own string
}

// sdkGo runs every operation of the VPC root with the Go SDK and one client for
// each of two tenants.
func sdkGo(t *checker, endpoint string) {
	c := &sdkGoSuite{checker: t}
	c.requester = c.client(endpoint, sdkRequester)
	c.accepter = c.client(endpoint, sdkAccepter)
	c.checkCreate()
	c.checkShow()
	c.checkList()
	c.checkPaging()
	c.checkUpdate()
	c.checkErrors()
	c.checkDecisions()
	c.checkDelete()
}

// client returns a tenant's client. Because the project is set, the SDK does
// not call an identity service.
func (c *sdkGoSuite) client(endpoint, tenant string) *vpc.VpcClient {
	credentials, err := basic.NewCredentialsBuilder().
		WithAk("access-" + tenant).WithSk("secret-" + tenant).WithProjectId(tenant).SafeBuild()
	c.noError("credentials", err)
	count := httphandler.NewHttpHandler().AddRequestHandler(func(http.Request) { c.requests++ })
	built, err := core.NewHcHttpClientBuilder().WithCredential(credentials).WithEndpoint(endpoint).
		WithHttpConfig(config.DefaultHttpConfig().WithTimeout(10 * time.Second).WithHttpHandler(count)).SafeBuild()
	c.noError("client", err)
	return vpc.NewVpcClient(built)
}

func (c *sdkGoSuite) createPeering(name, from, to string, tenant *string) (*model.VpcPeering, error) {
	description := "made by " + name
	body := &model.CreateVpcPeeringRequestBody{Peering: &model.CreateVpcPeeringOption{
		Name:           name,
		Description:    &description,
		RequestVpcInfo: &model.VpcInfo{VpcId: from},
		AcceptVpcInfo:  &model.VpcInfo{VpcId: to, TenantId: tenant},
	}}
	response, err := c.requester.CreateVpcPeering(&model.CreateVpcPeeringRequest{Body: body})
	if err != nil {
		return nil, err
	}
	return response.Peering, nil
}

func (c *sdkGoSuite) checkCreate() {
	tenant := sdkAccepter
	toAccept, err := c.createPeering("to_accept", sdkVPCs[0], sdkVPCs[1], &tenant)
	c.noError("create with another tenant", err)
	c.toAccept = toAccept.Id
	equal(c.checker, "name", toAccept.Name, "to_accept")
	equal(c.checker, "description", toAccept.Description, "made by to_accept")
	equal(c.checker, "status", toAccept.Status.Value(), "PENDING_ACCEPTANCE")
	equal(c.checker, "requester's VPC", toAccept.RequestVpcInfo.VpcId, sdkVPCs[0])
	equal(c.checker, "requester", *toAccept.RequestVpcInfo.TenantId, sdkRequester)
	equal(c.checker, "accepter's VPC", toAccept.AcceptVpcInfo.VpcId, sdkVPCs[1])
	equal(c.checker, "accepter", *toAccept.AcceptVpcInfo.TenantId, sdkAccepter)
	age := time.Since(time.Time(*toAccept.CreatedAt))
	c.isTrue("created_at is now", age > -time.Minute && age < time.Minute)
	equal(c.checker, "updated_at", *toAccept.UpdatedAt, *toAccept.CreatedAt)

	toReject, err := c.createPeering("to_reject", sdkVPCs[0], sdkVPCs[2], &tenant)
	c.noError("create a second one", err)
	c.toReject = toReject.Id

	own, err := c.createPeering("own", sdkVPCs[0], sdkVPCs[3], nil)
	c.noError("create within one tenant", err)
	c.own = own.Id
	equal(c.checker, "status", own.Status.Value(), "ACTIVE")
	equal(c.checker, "accepter", *own.AcceptVpcInfo.TenantId, sdkRequester)
}

func (c *sdkGoSuite) checkShow() {
	for _, client := range []*vpc.VpcClient{c.requester, c.accepter} {
		response, err := client.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: c.toAccept})
		c.noError("show", err)
		equal(c.checker, "shown id", response.Peering.Id, c.toAccept)
		equal(c.checker, "shown status", response.Peering.Status.Value(), "PENDING_ACCEPTANCE")
	}
}

// listIDs returns the ids of one page and reports whether another follows.
func (c *sdkGoSuite) listIDs(client *vpc.VpcClient, request *model.ListVpcPeeringsRequest) (ids []string, more bool) {
	response, err := client.ListVpcPeerings(request)
	c.noError("list", err)
	for _, p := range *response.Peerings {
		ids = append(ids, p.Id)
	}
	if response.PeeringsLinks != nil {
		for _, link := range *response.PeeringsLinks {
			more = more || link.Rel == "next"
		}
	}
	return ids, more
}

func (c *sdkGoSuite) checkList() {
	name, requester, accepter := "to_reject", sdkRequester, sdkAccepter
	active := model.GetListVpcPeeringsRequestStatusEnum().ACTIVE
	shared := []string{c.toAccept, c.toReject}
	for _, tt := range []struct {
		what    string
		client  *vpc.VpcClient
		request model.ListVpcPeeringsRequest
		want    []string
	}{
		{"list", c.requester, model.ListVpcPeeringsRequest{}, []string{c.toAccept, c.toReject, c.own}},
		{"list by the accepter", c.accepter, model.ListVpcPeeringsRequest{}, shared},
		{"filter id", c.requester, model.ListVpcPeeringsRequest{Id: &c.own}, []string{c.own}},
		{"filter name", c.requester, model.ListVpcPeeringsRequest{Name: &name}, []string{c.toReject}},
		{"filter status", c.requester, model.ListVpcPeeringsRequest{Status: &active}, []string{c.own}},
		{"filter tenant_id of the accepter", c.requester, model.ListVpcPeeringsRequest{TenantId: &accepter}, shared},
		{"filter tenant_id of the requester", c.accepter, model.ListVpcPeeringsRequest{TenantId: &requester}, shared},
		{"filter vpc_id", c.requester, model.ListVpcPeeringsRequest{VpcId: &sdkVPCs[1]}, []string{c.toAccept}},
		{"two filters", c.requester, model.ListVpcPeeringsRequest{Name: &name, Status: &active}, nil},
	} {
		got, more := c.listIDs(tt.client, &tt.request)
		c.isTrue(tt.what, slices.Equal(got, tt.want))
		c.isTrue(tt.what+": single page", !more)
	}
}

func (c *sdkGoSuite) checkPaging() {
	limit, marker := int32(2), ""
	first, more := c.listIDs(c.requester, &model.ListVpcPeeringsRequest{Limit: &limit, Marker: &marker})
	c.isTrue("first page", slices.Equal(first, []string{c.toAccept, c.toReject}))
	c.isTrue("first page has a next link", more)
	second, more := c.listIDs(c.requester, &model.ListVpcPeeringsRequest{Limit: &limit, Marker: &first[1]})
	c.isTrue("second page", slices.Equal(second, []string{c.own}))
	c.isTrue("second page has no next link", !more)
	third, _ := c.listIDs(c.requester, &model.ListVpcPeeringsRequest{Limit: &limit, Marker: &second[0]})
	equal(c.checker, "peerings after the last page", len(third), 0)
}

func (c *sdkGoSuite) rename(client *vpc.VpcClient, id, name string) (*model.VpcPeering, error) {
	body := &model.UpdateVpcPeeringRequestBody{Peering: &model.UpdateVpcPeeringOption{Name: &name}}
	response, err := client.UpdateVpcPeering(&model.UpdateVpcPeeringRequest{PeeringId: id, Body: body})
	if err != nil {
		return nil, err
	}
	return response.Peering, nil
}

func (c *sdkGoSuite) checkUpdate() {
	renamed, err := c.rename(c.requester, c.toAccept, "renamed")
	c.noError("update", err)
	equal(c.checker, "name after update", renamed.Name, "renamed")
	equal(c.checker, "description after update", renamed.Description, "made by to_accept")
	equal(c.checker, "status after update", renamed.Status.Value(), "PENDING_ACCEPTANCE")
}

func (c *sdkGoSuite) accept(client *vpc.VpcClient, id string) (*model.AcceptVpcPeeringResponse, error) {
	return client.AcceptVpcPeering(&model.AcceptVpcPeeringRequest{PeeringId: id})
}

func (c *sdkGoSuite) reject(client *vpc.VpcClient, id string) (*model.RejectVpcPeeringResponse, error) {
	return client.RejectVpcPeering(&model.RejectVpcPeeringRequest{PeeringId: id})
}

func (c *sdkGoSuite) checkErrors() {
	tenant := sdkAccepter
	_, err := c.requester.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: unknownID})
	c.wantError("show of an unknown id", err, http.StatusNotFound, "VPC.2204")
	_, err = c.requester.DeleteVpcPeering(&model.DeleteVpcPeeringRequest{PeeringId: unknownID})
	c.wantError("delete of an unknown id", err, http.StatusNotFound, "VPC.2204")
	_, err = c.createPeering("same_pair", sdkVPCs[0], sdkVPCs[1], &tenant)
	c.wantError("create for a peered pair", err, http.StatusConflict, "VPC.22104")
	_, err = c.createPeering("same_vpc", sdkVPCs[0], sdkVPCs[0], nil)
	c.wantError("create for one VPC", err, http.StatusBadRequest, "VPC.22102")
	_, err = c.createPeering("not a name", sdkVPCs[1], sdkVPCs[2], nil)
	c.wantError("create with an invalid name", err, http.StatusBadRequest, "VPC.22101")
	_, err = c.accept(c.requester, c.toAccept)
	c.wantError("accept by the requester", err, http.StatusForbidden, "VPC.2701")
	_, err = c.reject(c.requester, c.toAccept)
	c.wantError("reject by the requester", err, http.StatusForbidden, "VPC.2701")
	_, err = c.rename(c.accepter, c.toAccept, "mine")
	c.wantError("update by the accepter", err, http.StatusForbidden, "VPC.2701")
	_, err = c.accepter.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: c.own})
	c.wantError("show by an unrelated tenant", err, http.StatusNotFound, "VPC.2204")
}

// wantError checks that err is the SDK's error for a status and a code.
func (c *sdkGoSuite) wantError(what string, err error, status int, code string) {
	var got *sdkerr.ServiceResponseError
	c.isTrue(what+" fails", errors.As(err, &got))
	equal(c.checker, what+": status", got.StatusCode, status)
	equal(c.checker, what+": code", got.ErrorCode, code)
	c.isTrue(what+": has a message", got.ErrorMessage != "")
	c.isTrue(what+": has a request id", got.RequestId != "")
}

func (c *sdkGoSuite) checkDecisions() {
	for _, what := range []string{"accept", "second accept"} {
		accepted, err := c.accept(c.accepter, c.toAccept)
		c.noError(what, err)
		equal(c.checker, what+": id", *accepted.Id, c.toAccept)
		equal(c.checker, what+": status", accepted.Status.Value(), "ACTIVE")
		equal(c.checker, what+": accepter", *accepted.AcceptVpcInfo.TenantId, sdkAccepter)
	}
	for _, what := range []string{"reject", "second reject"} {
		rejected, err := c.reject(c.accepter, c.toReject)
		c.noError(what, err)
		equal(c.checker, what+": id", *rejected.Id, c.toReject)
		equal(c.checker, what+": status", rejected.Status.Value(), "REJECTED")
	}
	_, err := c.accept(c.accepter, c.toReject)
	c.wantError("accept after reject", err, http.StatusConflict, "VPC.22105")
	_, err = c.reject(c.accepter, c.toAccept)
	c.wantError("reject after accept", err, http.StatusConflict, "VPC.22105")
}

func (c *sdkGoSuite) checkDelete() {
	for _, tt := range []struct {
		client *vpc.VpcClient
		id     string
	}{{c.accepter, c.toAccept}, {c.requester, c.toReject}, {c.requester, c.own}} {
		_, err := tt.client.DeleteVpcPeering(&model.DeleteVpcPeeringRequest{PeeringId: tt.id})
		c.noError("delete", err)
		_, err = tt.client.ShowVpcPeering(&model.ShowVpcPeeringRequest{PeeringId: tt.id})
		c.wantError("show of a deleted peering", err, http.StatusNotFound, "VPC.2204")
	}
	left, _ := c.listIDs(c.requester, &model.ListVpcPeeringsRequest{})
	equal(c.checker, "remaining peerings", len(left), 0)
}
