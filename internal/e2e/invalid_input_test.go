package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// invalidBodies are invalid bodies of createPeering. The content type is
// application/json by default.
var invalidBodies = []struct {
	name, body  string
	contentType string
	status      int
	field       string
}{
	{"missing vpc_id", `{"name":"n"}`, "", 400, "body /vpc_id"},
	{"missing name", `{"vpc_id":"` + harness.PeerVPC + `"}`, "", 400, "body /name"},
	{"empty name", bodyWith("name", `""`), "", 400, "body /name"},
	{"name of 65 characters", bodyWith("name", `"`+strings.Repeat("n", 65)+`"`), "", 400, "body /name"},
	{"name with space", bodyWith("name", `"my vpc"`), "", 400, "body /name"},
	{"name with slash", bodyWith("name", `"my/vpc"`), "", 400, "body /name"},
	{"name is a number", bodyWith("name", `7`), "", 400, "body /name"},
	{"name is null", bodyWith("name", `null`), "", 400, "body /name"},
	{"vpc_id is no id", bodyWith("vpc_id", `"vpc-1"`), "", 400, "body /vpc_id"},
	{"vpc_id contains an id", bodyWith("vpc_id", `"x`+harness.PeerVPC+`"`), "", 400, "body /vpc_id"},
	{"unknown member", bodyWith("color", `"red"`), "", 400, "body /color"},
	{"misspelt accept_tenant_id", bodyWith("acept_tenant_id", `"`+harness.Stranger+`"`), "", 400, "body /acept_tenant_id"},
	{"VPC_ID and vpc_id", bodyWith("VPC_ID", `"`+harness.OtherVPC+`"`), "", 400, "body /VPC_ID"},
	{"duplicate name", `{"name":"a","vpc_id":"` + harness.PeerVPC + `","name":"b"}`, "", 400, "body /name"},
	{"duplicate escaped name", `{"name":"a","vpc_id":"` + harness.PeerVPC + `","n\u0061me":"b"}`, "", 400, "body /name"},
	{"null", `null`, "", 400, "body "},
	{"array", `[]`, "", 400, "body "},
	{"string", `"x"`, "", 400, "body "},
	{"empty", ``, "", 400, "body "},
	{"truncated", `{"name":"n","vpc_id":"`, "", 400, "body "},
	{"trailing data", bodyWith("name", `"n"`) + `{}`, "", 400, "body "},
	{"10,000 levels deep", strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000), "", 400, "body "},
	{"10,000 levels deep in a member", bodyWith("name", strings.Repeat(`[`, 10_000)+strings.Repeat(`]`, 10_000)), "", 400,
		"body "},
	{"NUL in the name", bodyWith("name", `"n\u0000"`), "", 400, "body /name"},
	{"NUL byte in the name", bodyWith("name", "\"n\x00\""), "", 400, "body /name"},
	{"invalid UTF-8", bodyWith("name", "\"n\xff\""), "", 400, "body /name"},
	{"half a surrogate pair", bodyWith("name", `"\ud800"`), "", 400, "body /name"},
	{"text/plain", bodyWith("name", `"n"`), "text/plain", 415, "header Content-Type"},
	{"form", "name=n", "application/x-www-form-urlencoded", 415, "header Content-Type"},
	{"other character set", bodyWith("name", `"n"`), "application/json; charset=latin1", 415, "header Content-Type"},
	{"1 MiB", bodyWith("name", `"`+strings.Repeat("n", 1<<20)+`"`), "", 413, "body "},
	{"one byte over 64 KiB", bodyWith("name", `"n"`) + strings.Repeat(" ", 64<<10-len(bodyWith("name", `"n"`))+1), "", 413,
		"body "},
}

func TestInvalidBodiesAreRejectedOnCSRoot(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	codes := map[int]string{400: "CS.10004", 413: "CS.22106", 415: "CS.22107"}
	for _, tt := range invalidBodies {
		t.Run(tt.name, func(t *testing.T) {
			contentType := tt.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			got := harness.Send(t, http.MethodPost, s.Endpoint+s.CSPath, tt.body, "Content-Type", contentType)
			wantErrorBody(t, got, false, tt.status, codes[tt.status], tt.field)
		})
	}
	if found, err := s.As(t, s.Project).ListPeerings(t.Context(), s.ClusterID); err != nil || len(found) != 0 {
		t.Errorf("list returned %v, %v; want no peering", found, err)
	}
}

func TestInvalidBodiesAreRejectedOnVPCRoot(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	codes := map[int]string{400: "VPC.22101", 413: "VPC.22106", 415: "VPC.22107"}
	created, err := s.As(t, s.Project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "n",
		RequestVPCInfo: client.VPCReference{VPCID: s.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: s.OtherVPC},
	})
	if err != nil {
		t.Fatal(err)
	}
	vpcs := `"request_vpc_info":{"vpc_id":"` + harness.PeerVPC + `"},` +
		`"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `"}`
	for _, tt := range []struct {
		name, method, path, body, contentType string
		status                                int
		field                                 string
	}{
		{"no envelope", "POST", "", `{"name":"n",` + vpcs + `}`, "", 400, "body /peering"},
		{"no VPCs", "POST", "", `{"peering":{"name":"n"}}`, "", 400, "body /peering/accept_vpc_info"},
		{"misspelt tenant", "POST", "", `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + harness.PeerVPC +
			`"},"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `","tenant":"` + harness.Stranger +
			`"}}}`, "", 400, "body /peering/accept_vpc_info/tenant"},
		{"description with <", "POST", "", `{"peering":{"name":"n","description":"<b>",` + vpcs + `}}`, "", 400,
			"body /peering/description"},
		{"description of 256 characters", "POST", "", `{"peering":{"name":"n","description":"` + strings.Repeat("d", 256) +
			`",` + vpcs + `}}`, "", 400, "body /peering/description"},
		{"member outside envelope", "POST", "", `{"peering":{"name":"n",` + vpcs + `},"x":1}`, "", 400, "body /x"},
		{"null", "POST", "", `null`, "", 400, "body "},
		{"empty", "POST", "", ``, "", 400, "body "},
		{"text/plain", "POST", "", `{"peering":{"name":"n",` + vpcs + `}}`, "text/plain", 415, "header Content-Type"},
		{"1 MiB", "POST", "", `{"peering":{"name":"` + strings.Repeat("n", 1<<20) + `"}}`, "", 413, "body "},
		{"empty update", "PUT", "/" + created.ID, `{"peering":{}}`, "", 400, "body /peering"},
		{"update of status", "PUT", "/" + created.ID, `{"peering":{"status":"ACTIVE"}}`, "", 400, "body /peering/status"},
		{"update to empty name", "PUT", "/" + created.ID, `{"peering":{"name":""}}`, "", 400, "body /peering/name"},
		{"update as text/plain", "PUT", "/" + created.ID, `{"peering":{"name":"x"}}`, "text/plain", 415,
			"header Content-Type"},
		{"update of 1 MiB", "PUT", "/" + created.ID, `{"peering":{"name":"` + strings.Repeat("n", 1<<20) + `"}}`, "", 413,
			"body "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			contentType := tt.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			got := harness.Send(t, tt.method, s.Endpoint+harness.VPCPath+tt.path, tt.body,
				"Content-Type", contentType, "X-Project-Id", s.Project)
			wantErrorBody(t, got, true, tt.status, codes[tt.status], tt.field)
		})
	}
	page, err := s.As(t, s.Project).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
	if err != nil || len(page.Peerings) != 1 || page.Peerings[0] != created {
		t.Errorf("list returned %v, %v; want the unchanged peering only", page, err)
	}
}

func TestInvalidPathsAndParametersAreRejected(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	body := bodyWith("name", `"n"`)
	for _, tt := range []struct {
		name, method, path string
		status             int
		code, field        string
	}{
		{"unknown cluster", "POST", "/v1.0/" + s.Project + "/reserved_cluster/2000000/peering", 400, "CS.20005", ""},
		{"cluster of other project", "POST", "/v1.0/" + s.Stranger + "/reserved_cluster/" + s.ClusterID + "/peering", 400,
			"CS.20005", ""},
		{"project is no id", "POST", "/v1.0/me/reserved_cluster/" + s.ClusterID + "/peering", 400, "CS.22101",
			"path project_id"},
		{"cluster is no id", "GET", "/v1.0/" + s.Project + "/reserved_cluster/a%2Fb/peering", 400, "CS.22101",
			"path cluster_id"},
		{"show, peering is no UUID", "GET", s.CSPath + "/7", 400, "CS.22101", "path peering_id"},
		{"delete, peering is no UUID", "DELETE", s.CSPath + "/7", 400, "CS.22101", "path peering_id"},
		{"unknown peering", "GET", s.CSPath + "/" + harness.UnknownID, 400, "CS.22103", ""},
		{"unknown path", "GET", "/v1.0/" + s.Project, 404, "CS.10003", ""},
		{"root path", "GET", "/", 404, "CS.10003", ""},
		{"known path with trailing slash", "GET", s.CSPath + "/", 404, "CS.10003", ""},
		{"PATCH on a known path", "PATCH", s.CSPath, 405, "CS.10003", ""},
		{"VPC root, show, peering is no UUID", "GET", harness.VPCPath + "/7", 400, "VPC.22101", "path peering_id"},
		{"VPC root, update, peering is no UUID", "PUT", harness.VPCPath + "/7", 400, "VPC.22101", "path peering_id"},
		{"VPC root, accept, peering is no UUID", "PUT", harness.VPCPath + "/7/accept", 400, "VPC.22101", "path peering_id"},
		{"VPC root, reject, peering is no UUID", "PUT", harness.VPCPath + "/7/reject", 400, "VPC.22101", "path peering_id"},
		{"VPC root, delete, peering is no UUID", "DELETE", harness.VPCPath + "/7", 400, "VPC.22101", "path peering_id"},
		{"VPC root, unknown peering", "GET", harness.VPCPath + "/" + harness.UnknownID, 404, "VPC.2204", ""},
		{"VPC root, unknown path", "GET", "/v2.0/vpc/peering", 404, "VPC.22109", ""},
		{"VPC root, PATCH on a known path", "PATCH", harness.VPCPath, 405, "VPC.22109", ""},
		{"limit over 2000", "GET", harness.VPCPath + "?limit=2001", 400, "VPC.22101", "query limit"},
		{"limit below 0", "GET", harness.VPCPath + "?limit=-1", 400, "VPC.22101", "query limit"},
		{"limit is no number", "GET", harness.VPCPath + "?limit=all", 400, "VPC.22101", "query limit"},
		{"duplicate limit", "GET", harness.VPCPath + "?limit=1&limit=2", 400, "VPC.22101", "query limit"},
		{"marker is no UUID", "GET", harness.VPCPath + "?marker=7", 400, "VPC.22101", "query marker"},
		{"unknown status", "GET", harness.VPCPath + "?status=active", 400, "VPC.22101", "query status"},
		{"malformed query", "GET", harness.VPCPath + "?limit=%zz", 400, "VPC.22101", "query "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent := ""
			if tt.method == http.MethodPost || tt.method == http.MethodPut {
				sent = body
			}
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, sent,
				"Content-Type", "application/json", "X-Project-Id", s.Project)
			wantErrorBody(t, got, strings.HasPrefix(tt.path, "/v2.0/"), tt.status, tt.code, tt.field)
			if tt.status == http.StatusMethodNotAllowed && got.Header.Get("Allow") == "" {
				t.Error("the response has no Allow header")
			}
		})
	}
}

func TestVPCRootRequiresProjectHeader(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	for _, operation := range operationsBelow("/v2.0/") {
		for name, headers := range map[string][]string{
			"missing": nil, "empty": {"X-Project-Id", ""}, "no id": {"X-Project-Id", "me"},
		} {
			t.Run(operation.id+"/"+name, func(t *testing.T) {
				got := harness.Send(t, operation.method, s.Endpoint+operation.path, "", headers...)
				wantErrorBody(t, got, true, http.StatusUnauthorized, "VPC.0008", "")
			})
		}
	}
}
