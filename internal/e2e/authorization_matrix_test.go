package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

// matrix is the expected result of every operation for every scenario. All
// requests concern a peering between the cluster's VPC, which belongs to the
// requester's tenant, and a VPC of the accepter, or the cluster itself, which is
// in a third project.
//
// In the first columns the caller is the requester, the accepter, the cluster's
// project, a stranger, a reader of each of the first three, nobody, and the
// cluster's project with an expired token. In the last three the cluster's
// project (on the VPC root: the accepter) names another project, the stranger's
// cluster under its own project, and the stranger's peering. A dash marks what
// the path cannot name.
//
// A status means success, a code the error with that code.
//
//nolint:dupword // cells repeat
const matrix = `
                  requester accepter  cluster   stranger  r-reader  a-reader  c-reader  none      expired   project   cluster   peering
createCluster     CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  -         -
listClusters      CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  200       CS.10008  CS.10007  CS.10006  -         -
showCluster       CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  200       CS.10008  CS.10007  CS.10006  CS.20005  -
updateCluster     CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  CS.20005  -
deleteCluster     CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  CS.20005  -
createPeering     CS.10006  CS.10006  201       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  CS.20005  -
listPeerings      CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  200       CS.10008  CS.10007  CS.10006  CS.20005  -
showPeering       CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  200       CS.10008  CS.10007  CS.10006  CS.20005  CS.22103
deletePeering     CS.10006  CS.10006  204       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  CS.20005  CS.22103
createRoute       CS.10006  CS.10006  201       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  CS.20005  CS.22103
listRoutes        CS.10006  CS.10006  200       CS.10006  CS.10006  CS.10006  200       CS.10008  CS.10007  CS.10006  CS.20005  CS.22103
deleteRoute       CS.10006  CS.10006  204       CS.10006  CS.10006  CS.10006  CS.10005  CS.10008  CS.10007  CS.10006  CS.20005  CS.22103
createVpcPeering  201       201       201       201       VPC.2701  VPC.2701  VPC.2701  VPC.0008  VPC.0008  VPC.2701  -         -
listVpcPeerings   200       200       200       200       200       200       200       VPC.0008  VPC.0008  VPC.2701  -         -
showVpcPeering    200       200       VPC.2204  VPC.2204  200       200       VPC.2204  VPC.0008  VPC.0008  VPC.2701  -         VPC.2204
updateVpcPeering  200       VPC.2701  VPC.2204  VPC.2204  VPC.2701  VPC.2701  VPC.2701  VPC.0008  VPC.0008  VPC.2701  -         VPC.2204
acceptVpcPeering  VPC.2701  200       VPC.2204  VPC.2204  VPC.2701  VPC.2701  VPC.2701  VPC.0008  VPC.0008  VPC.2701  -         VPC.2204
rejectVpcPeering  VPC.2701  200       VPC.2204  VPC.2204  VPC.2701  VPC.2701  VPC.2701  VPC.0008  VPC.0008  VPC.2701  -         VPC.2204
deleteVpcPeering  204       204       VPC.2204  VPC.2204  VPC.2701  VPC.2701  VPC.2701  VPC.0008  VPC.0008  VPC.2701  -         VPC.2204
`

// matrixStatus is the status of each error code.
var matrixStatus = map[string]int{
	"CS.10005": 403, "CS.10006": 403, "CS.10007": 401, "CS.10008": 401, "CS.20005": 400, "CS.22103": 400,
	"VPC.0008": 401, "VPC.2701": 403, "VPC.2204": 404,
}

// scenario is a column of the matrix: the caller, and what it names.
type scenario struct {
	name string
	// onCS and onVPC are the callers on each root; nil sends no credentials.
	onCS, onVPC *harness.Identity
	// otherProject, otherCluster and otherPeering make the caller name one of
	// the stranger.
	otherProject, otherCluster, otherPeering bool
}

var scenarios = []scenario{
	{name: "requester", onCS: &harness.Requester, onVPC: &harness.Requester},
	{name: "accepter", onCS: &harness.Accepter, onVPC: &harness.Accepter},
	{name: "cluster", onCS: &harness.ClusterAdmin, onVPC: &harness.ClusterAdmin},
	{name: "stranger", onCS: &harness.Outsider, onVPC: &harness.Outsider},
	{name: "r-reader", onCS: &harness.RequesterReader, onVPC: &harness.RequesterReader},
	{name: "a-reader", onCS: &harness.AccepterReader, onVPC: &harness.AccepterReader},
	{name: "c-reader", onCS: &harness.ClusterReader, onVPC: &harness.ClusterReader},
	{name: "none"},
	{name: "expired", onCS: &harness.ExpiredAdmin, onVPC: &harness.ExpiredAdmin},
	{name: "project", onCS: &harness.ClusterAdmin, onVPC: &harness.Accepter, otherProject: true},
	{name: "cluster", onCS: &harness.ClusterAdmin, onVPC: &harness.Accepter, otherCluster: true},
	{name: "peering", onCS: &harness.ClusterAdmin, onVPC: &harness.Accepter, otherPeering: true},
}

// reason returns a part of the message of a VPC.2701, which has several
// meanings.
func (s scenario) reason() string {
	switch {
	case s.otherProject:
		return "the credentials belong to another one"
	case s.onVPC.Role == "reader":
		return "The role reader permits only"
	default:
		return "Only the "
	}
}

// readMatrix returns the cells of each operation. The test fails unless every
// operation has a complete row and every row an operation.
func readMatrix(t *testing.T) map[string][]string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	names := strings.Fields(lines[0])
	if !slices.EqualFunc(names, scenarios, func(n string, s scenario) bool { return n == s.name }) {
		t.Fatalf("the columns are %q, which differ from the scenarios", names)
	}
	rows := map[string][]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		rows[cells[0]] = cells[1:]
	}
	var ids []string
	for _, o := range operationsBelow("/") {
		ids = append(ids, o.id)
		if cells := rows[o.id]; len(cells) != len(scenarios) {
			t.Errorf("operation %s has %d cells, want %d", o.id, len(cells), len(scenarios))
		}
	}
	for id := range rows {
		if !slices.Contains(ids, id) {
			t.Errorf("the contract has no operation %s", id)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return rows
}

// TestAuthorizationMatrix sends the request of every cell. It compares the whole
// store before and after each request.
func TestAuthorizationMatrix(t *testing.T) {
	t.Parallel()
	rows := readMatrix(t)
	f := newMatrixFixture(t)
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		for i, s := range scenarios {
			t.Run(fmt.Sprintf("%s/%d %s", id, i+1, s.name), func(t *testing.T) { f.checkCell(t, id, s, rows[id][i]) })
		}
	}
}

// checkCell sends the request of a cell and checks the response, the change of
// the store and the audit log.
func (f *matrixFixture) checkCell(t *testing.T, id string, s scenario, want string) {
	own := f.resourcesFor(t, id)
	named, unknown := own, own
	switch {
	case s.otherCluster:
		named.cluster, unknown.cluster = f.strangers.cluster, "7"
	case s.otherPeering:
		named.peering, unknown.peering = f.strangers.peering, harness.UnknownID
	default:
		unknown.cluster, unknown.peering = "7", harness.UnknownID
	}
	r := f.request(id, s, named)
	if (want == "-") != (s.otherCluster && !strings.Contains(r.path, named.cluster) ||
		s.otherPeering && !strings.Contains(r.path, named.peering)) {
		t.Fatalf("the cell is %s, the path is %s", want, r.path)
	}
	if want == "-" {
		return
	}
	before := f.revisions(t)
	got := f.send(t, r)
	changed := !maps.Equal(before, f.revisions(t))
	if changed {
		f.discardResources()
	}
	status, isError := matrixStatus[want]
	if isError {
		if want == "VPC.2701" && !strings.Contains(got.Body, s.reason()) {
			t.Errorf("the response does not contain %q: %s", s.reason(), got.Body)
		}
		wantErrorBody(t, got, strings.HasPrefix(r.path, "/v2.0/"), status, want, "")
	} else if status = atoi(t, want); got.Status != status {
		t.Errorf("got %d %s, want %s", got.Status, got.Body, want)
	}
	wantChange := !isError && r.method != http.MethodGet
	if changed != wantChange {
		t.Errorf("the request changed the store: %t, want %t", changed, wantChange)
	}
	f.wantAudit(t, got.Header.Get("X-Request-Id"), wantChange, status)
	f.wantSameAsUnknown(t, got, id, s, unknown, named)
	if id == "listVpcPeerings" && !isError {
		visible := slices.Contains([]string{harness.RequesterTenant, harness.AccepterTenant}, s.onVPC.Project)
		if strings.Contains(got.Body, named.peering) != visible {
			t.Errorf("the list contains the peering: %t, want %t", !visible, visible)
		}
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantAudit checks that the audit log has one line for a change or a denial and
// none for other requests.
func (f *matrixFixture) wantAudit(t *testing.T, requestID string, changed bool, status int) {
	t.Helper()
	var want []string
	if changed {
		want = []string{"changed"}
	} else if status == http.StatusUnauthorized || status == http.StatusForbidden {
		want = []string{"denied"}
	}
	var got []string
	for _, line := range f.Log.Audit(t, requestID) {
		got = append(got, fmt.Sprint(line["outcome"]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has the outcomes %q, want %q", got, want)
	}
}

// volatile matches what differs between two otherwise equal error bodies.
var volatile = regexp.MustCompile(`"(request_id":"[^"]*|error_time":[0-9]*)`)

// wantSameAsUnknown checks that a resource that exists but is hidden from the
// caller cannot be told from one that does not exist.
func (f *matrixFixture) wantSameAsUnknown(
	t *testing.T, got harness.Response, id string, s scenario, unknown, named resources,
) {
	t.Helper()
	switch codeOf(t, got.Body) {
	case "CS.20005", "CS.22103", "VPC.2204":
	default:
		return
	}
	other := f.send(t, f.request(id, s, unknown))
	renamed := strings.NewReplacer(named.peering, unknown.peering, named.cluster, unknown.cluster).Replace(got.Body)
	if other.Status != got.Status || volatile.ReplaceAllString(other.Body, "") != volatile.ReplaceAllString(renamed, "") ||
		!slices.Equal(headerNames(other.Header), headerNames(got.Header)) {
		t.Errorf("hidden resource: %d %v %s\nunknown resource: %d %v %s",
			got.Status, got.Header, got.Body, other.Status, other.Header, other.Body)
	}
}

// codeOf returns the code in an error body of either root.
func codeOf(t *testing.T, body string) string {
	t.Helper()
	var text struct {
		Code    string
		ErrorID string `json:"error_id"`
	}
	if body != "" && json.Unmarshal([]byte(body), &text) != nil {
		t.Fatalf("the body is no JSON object: %s", body)
	}
	return text.Code + text.ErrorID
}

func headerNames(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }
