package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// refused is what the body of an error says, whichever root it comes from.
type refused struct {
	code   string
	fields []string
}

// readRefusal reads the error of either root and checks that all that has to be there is.
func readRefusal(t *testing.T, got harness.Response, vpcStyle bool) refused {
	t.Helper()
	var body struct {
		Code, Message string
		Details       []client.Violation

		ErrorID         string `json:"error_id"`
		ErrorName       string `json:"error_name"`
		ErrorCause      string `json:"error_cause"`
		ErrorSuggestion string `json:"error_suggestion"`
		ErrorJSONOpt    string `json:"error_json_opt"`
		ErrorTime       int64  `json:"error_time"`

		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatalf("answered %d %q: %v", got.Status, got.Body, err)
	}
	if body.RequestID != got.Header.Get("X-Request-Id") {
		t.Errorf("request id %q in the body, %q in the header", body.RequestID, got.Header.Get("X-Request-Id"))
	}
	if vpcStyle {
		if body.Code == "" || body.Message == "" || body.ErrorID != "" {
			t.Errorf("no error of the VPC root: %s", got.Body)
		}
		return refused{code: body.Code, fields: fieldsOf(body.Details)}
	}
	if body.ErrorID == "" || body.ErrorName == "" || body.ErrorCause == "" || body.ErrorSuggestion == "" ||
		body.ErrorTime == 0 || body.Code != "" {
		t.Errorf("no error of the CS root: %s", got.Body)
	}
	var details []client.Violation
	if err := json.Unmarshal([]byte(body.ErrorJSONOpt), &details); err != nil || len(details) == 0 {
		t.Errorf("error_json_opt is %q: %v", body.ErrorJSONOpt, err)
	}
	return refused{code: body.ErrorID, fields: fieldsOf(details)}
}

func fieldsOf(details []client.Violation) []string {
	var fields []string
	for _, d := range details {
		if d != (client.Violation{}) {
			fields = append(fields, string(d.In)+" "+d.Field)
		}
	}
	return fields
}

// badBodies are bodies that neither root takes. VPC bodies are made of the CS one by wrap.
var badBodies = []struct {
	name, body  string
	contentType string
	status      int
	field       string
}{
	{"vpc_id is missing", `{"name":"n"}`, "", 400, "body /vpc_id"},
	{"name is missing", `{"vpc_id":"` + harness.PeerVPC + `"}`, "", 400, "body /name"},
	{"name is empty", valid("name", `""`), "", 400, "body /name"},
	{"name has 65 characters", valid("name", `"`+strings.Repeat("n", 65)+`"`), "", 400, "body /name"},
	{"name has a space", valid("name", `"my vpc"`), "", 400, "body /name"},
	{"name has a slash", valid("name", `"my/vpc"`), "", 400, "body /name"},
	{"name is a number", valid("name", `7`), "", 400, "body /name"},
	{"name is null", valid("name", `null`), "", 400, "body /name"},
	{"vpc_id is not an id", valid("vpc_id", `"vpc-1"`), "", 400, "body /vpc_id"},
	{"vpc_id has an id in it", valid("vpc_id", `"x`+harness.PeerVPC+`"`), "", 400, "body /vpc_id"},
	{"an unknown member", valid("color", `"red"`), "", 400, "body /color"},
	{"acept_tenant_id", valid("acept_tenant_id", `"`+harness.Stranger+`"`), "", 400, "body /acept_tenant_id"},
	{"VPC_ID beside vpc_id", valid("VPC_ID", `"`+harness.OtherVPC+`"`), "", 400, "body /VPC_ID"},
	{"name is given twice", `{"name":"a","vpc_id":"` + harness.PeerVPC + `","name":"b"}`, "", 400, "body /name"},
	{"name is given twice in disguise", `{"name":"a","vpc_id":"` + harness.PeerVPC + `","n\u0061me":"b"}`, "", 400, "body /name"},
	{"null", `null`, "", 400, "body "},
	{"an array", `[]`, "", 400, "body "},
	{"a string", `"x"`, "", 400, "body "},
	{"empty", ``, "", 400, "body "},
	{"truncated", `{"name":"n","vpc_id":"`, "", 400, "body "},
	{"data after the value", valid("name", `"n"`) + `{}`, "", 400, "body "},
	{"10,000 levels deep", strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000), "", 400, "body "},
	{"10,000 levels deep in a member", valid("name", strings.Repeat(`[`, 10_000)+strings.Repeat(`]`, 10_000)), "", 400, "body "},
	{"NUL in the name", valid("name", `"n\u0000"`), "", 400, "body /name"},
	{"NUL byte in the name", valid("name", "\"n\x00\""), "", 400, "body /name"},
	{"invalid UTF-8", valid("name", "\"n\xff\""), "", 400, "body /name"},
	{"half a surrogate pair", valid("name", `"\ud800"`), "", 400, "body /name"},
	{"text/plain", valid("name", `"n"`), "text/plain", 415, "header Content-Type"},
	{"a form", "name=n", "application/x-www-form-urlencoded", 415, "header Content-Type"},
	{"another character set", valid("name", `"n"`), "application/json; charset=latin1", 415, "header Content-Type"},
	{"1 MiB", valid("name", `"`+strings.Repeat("n", 1<<20)+`"`), "", 413, "body "},
	{"one byte over 64 KiB", valid("name", `"n"`) + strings.Repeat(" ", 64<<10-len(valid("name", `"n"`))+1), "", 413, "body "},
}

// valid answers the seed's request with one member replaced or added.
func valid(member, value string) string {
	members := []string{}
	for _, m := range [][2]string{{"name", `"n"`}, {"vpc_id", `"` + harness.PeerVPC + `"`}} {
		if m[0] != member {
			members = append(members, `"`+m[0]+`":`+m[1])
		}
	}
	return "{" + strings.Join(append(members, `"`+member+`":`+value), ",") + "}"
}

func TestBadBodiesOnTheCSRoot(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	codes := map[int]string{400: "CS.10004", 413: "CS.22106", 415: "CS.22107"}
	for _, tt := range badBodies {
		t.Run(tt.name, func(t *testing.T) {
			contentType := tt.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			got := harness.Send(t, http.MethodPost, s.Endpoint+harness.CSPath, tt.body, "Content-Type", contentType)
			wantFields(t, got, false, tt.status, codes[tt.status], tt.field)
		})
	}
	if found, err := s.As(t, harness.Project).ListPeerings(t.Context(), harness.ClusterID); err != nil || len(found) != 0 {
		t.Errorf("stored: %v, %v", found, err)
	}
}

func TestBadBodiesOnTheVPCRoot(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	codes := map[int]string{400: "VPC.22101", 413: "VPC.22106", 415: "VPC.22107"}
	made, err := s.As(t, harness.Project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "stays",
		RequestVPCInfo: client.VPCReference{VPCID: harness.ClusterVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: harness.OtherVPC},
	})
	if err != nil {
		t.Fatal(err)
	}
	sides := `"request_vpc_info":{"vpc_id":"` + harness.PeerVPC + `"},"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `"}`
	for _, tt := range []struct {
		name, method, path, body, contentType string
		status                                int
		field                                 string
	}{
		{"no envelope", "POST", "", `{"name":"n",` + sides + `}`, "", 400, "body /peering"},
		{"no sides", "POST", "", `{"peering":{"name":"n"}}`, "", 400, "body /peering/accept_vpc_info"},
		{"misspelt tenant", "POST", "", `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + harness.PeerVPC +
			`"},"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `","tenant":"` + harness.Stranger + `"}}}`, "", 400, "body /peering/accept_vpc_info/tenant"},
		{"description with <", "POST", "", `{"peering":{"name":"n","description":"<b>",` + sides + `}}`, "", 400, "body /peering/description"},
		{"description of 256 characters", "POST", "", `{"peering":{"name":"n","description":"` + strings.Repeat("d", 256) + `",` + sides + `}}`, "", 400, "body /peering/description"},
		{"member outside of the envelope", "POST", "", `{"peering":{"name":"n",` + sides + `},"x":1}`, "", 400, "body /x"},
		{"null", "POST", "", `null`, "", 400, "body "},
		{"empty", "POST", "", ``, "", 400, "body "},
		{"text/plain", "POST", "", `{"peering":{"name":"n",` + sides + `}}`, "text/plain", 415, "header Content-Type"},
		{"1 MiB", "POST", "", `{"peering":{"name":"` + strings.Repeat("n", 1<<20) + `"}}`, "", 413, "body "},
		{"nothing to change", "PUT", "/" + made.ID, `{"peering":{}}`, "", 400, "body /peering"},
		{"a status", "PUT", "/" + made.ID, `{"peering":{"status":"ACTIVE"}}`, "", 400, "body /peering/status"},
		{"an empty name", "PUT", "/" + made.ID, `{"peering":{"name":""}}`, "", 400, "body /peering/name"},
		{"update as text/plain", "PUT", "/" + made.ID, `{"peering":{"name":"x"}}`, "text/plain", 415, "header Content-Type"},
		{"update of 1 MiB", "PUT", "/" + made.ID, `{"peering":{"name":"` + strings.Repeat("n", 1<<20) + `"}}`, "", 413, "body "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			contentType := tt.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			got := harness.Send(t, tt.method, s.Endpoint+harness.VPCPath+tt.path, tt.body, "Content-Type", contentType, "X-Project-Id", harness.Project)
			wantFields(t, got, true, tt.status, codes[tt.status], tt.field)
		})
	}
	page, err := s.As(t, harness.Project).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
	if err != nil || len(page.Peerings) != 1 || page.Peerings[0] != made {
		t.Errorf("stored: %v, %v", page, err)
	}
}

func TestBadPathsAndParameters(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	body := valid("name", `"n"`)
	for _, tt := range []struct {
		name, method, path string
		status             int
		code, field        string
	}{
		{"unknown cluster", "POST", "/v1.0/" + harness.Project + "/reserved_cluster/2000000/peering", 400, "CS.20005", ""},
		{"cluster of another project", "POST", "/v1.0/" + harness.Stranger + "/reserved_cluster/" + harness.ClusterID + "/peering", 400, "CS.20005", ""},
		{"project is no id", "POST", "/v1.0/me/reserved_cluster/" + harness.ClusterID + "/peering", 400, "CS.22101", "path project_id"},
		{"cluster is no id", "GET", "/v1.0/" + harness.Project + "/reserved_cluster/a%2Fb/peering", 400, "CS.22101", "path cluster_id"},
		{"peering is no UUID", "GET", harness.CSPath + "/7", 400, "CS.22101", "path peering_id"},
		{"peering to delete is no UUID", "DELETE", harness.CSPath + "/7", 400, "CS.22101", "path peering_id"},
		{"unknown peering", "GET", harness.CSPath + "/" + harness.UnknownID, 400, "CS.22103", ""},
		{"unknown path", "GET", "/v1.0/" + harness.Project, 404, "CS.10003", ""},
		{"no path", "GET", "/", 404, "CS.10003", ""},
		{"known path with a slash behind", "GET", harness.CSPath + "/", 404, "CS.10003", ""},
		{"PATCH on a known path", "PATCH", harness.CSPath, 405, "CS.10003", ""},
		{"VPC root, show of no UUID", "GET", harness.VPCPath + "/7", 400, "VPC.22101", "path peering_id"},
		{"VPC root, update of no UUID", "PUT", harness.VPCPath + "/7", 400, "VPC.22101", "path peering_id"},
		{"VPC root, accept of no UUID", "PUT", harness.VPCPath + "/7/accept", 400, "VPC.22101", "path peering_id"},
		{"VPC root, reject of no UUID", "PUT", harness.VPCPath + "/7/reject", 400, "VPC.22101", "path peering_id"},
		{"VPC root, delete of no UUID", "DELETE", harness.VPCPath + "/7", 400, "VPC.22101", "path peering_id"},
		{"VPC root, unknown peering", "GET", harness.VPCPath + "/" + harness.UnknownID, 404, "VPC.2204", ""},
		{"VPC root, unknown path", "GET", "/v2.0/vpc/peering", 404, "VPC.22109", ""},
		{"VPC root, PATCH on a known path", "PATCH", harness.VPCPath, 405, "VPC.22109", ""},
		{"limit over 2000", "GET", harness.VPCPath + "?limit=2001", 400, "VPC.22101", "query limit"},
		{"limit below 0", "GET", harness.VPCPath + "?limit=-1", 400, "VPC.22101", "query limit"},
		{"limit is no number", "GET", harness.VPCPath + "?limit=all", 400, "VPC.22101", "query limit"},
		{"limit is given twice", "GET", harness.VPCPath + "?limit=1&limit=2", 400, "VPC.22101", "query limit"},
		{"marker is no UUID", "GET", harness.VPCPath + "?marker=7", 400, "VPC.22101", "query marker"},
		{"status that there is not", "GET", harness.VPCPath + "?status=active", 400, "VPC.22101", "query status"},
		{"a query that can't be read", "GET", harness.VPCPath + "?limit=%zz", 400, "VPC.22101", "query "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent := ""
			if tt.method == http.MethodPost || tt.method == http.MethodPut {
				sent = body
			}
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, sent, "Content-Type", "application/json", "X-Project-Id", harness.Project)
			wantFields(t, got, strings.HasPrefix(tt.path, "/v2.0/"), tt.status, tt.code, tt.field)
			if tt.status == http.StatusMethodNotAllowed && got.Header.Get("Allow") == "" {
				t.Error("no Allow header")
			}
		})
	}
}

func TestPeeringWithItselfIsRefused(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	_, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: strings.ToUpper(harness.ClusterVPC)})
	wantRefusal(t, err, http.StatusBadRequest, "CS.22102")
	_, err = s.As(t, harness.Project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "n",
		RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: strings.ReplaceAll(harness.PeerVPC, "-", "")},
	})
	wantRefusal(t, err, http.StatusBadRequest, "VPC.22102")
}

func TestSecondPeeringOfAPairIsRefusedAcrossTheRoots(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	made, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "m", VPCID: harness.PeerVPC})
	wantRefusal(t, err, http.StatusBadRequest, "CS.22104")
	if err == nil || !strings.Contains(err.Error(), made.ID) {
		t.Errorf("the error does not name %s: %v", made.ID, err)
	}
	_, err = s.As(t, harness.Project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "m",
		RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: harness.ClusterVPC, TenantID: harness.ServiceTenant},
	})
	wantRefusal(t, err, http.StatusConflict, "VPC.22104")
}

func TestVPCRootNeedsTheCallersProject(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	for _, operation := range operationsBelow("/v2.0/") {
		for name, headers := range map[string][]string{"none": nil, "empty": {"X-Project-Id", ""}, "no id": {"X-Project-Id", "me"}} {
			t.Run(operation.id+"/"+name, func(t *testing.T) {
				got := harness.Send(t, operation.method, s.Endpoint+operation.path, "", headers...)
				wantFields(t, got, true, http.StatusUnauthorized, "VPC.0008", "")
			})
		}
	}
}

// wantFields checks status, code and style of an error, and that it names the field; "" stands for no field at all.
func wantFields(t *testing.T, got harness.Response, vpcStyle bool, status int, code, field string) {
	t.Helper()
	r := readRefusal(t, got, vpcStyle)
	if got.Status != status || r.code != code {
		t.Errorf("answered %d %s, want %d %s: %s", got.Status, r.code, status, code, got.Body)
	}
	if field == "" && len(r.fields) > 0 {
		t.Errorf("names the fields %q", r.fields)
	}
	if field != "" && !contains(r.fields, field) {
		t.Errorf("names the fields %q, want %q", r.fields, field)
	}
	if len(got.Body) > 8<<10 {
		t.Errorf("the error has %d bytes", len(got.Body))
	}
}

func contains(list []string, item string) bool {
	for _, s := range list {
		if s == item {
			return true
		}
	}
	return false
}
