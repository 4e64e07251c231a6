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

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/e2e/harness"
)

// matrix says how every operation answers every caller. All ask for the same: a peering that the cluster's VPC, of the
// requester's tenant, has asked the accepter's for, and the cluster, which is in a project of its own.
//
// The first columns are who calls: the requester, the accepter, the cluster's project, a stranger, and a reader of each of
// the first three; then nobody, and a token of the cluster's project that has expired. In the last three the cluster's
// project (on the VPC root the accepter) names another project, the stranger's cluster below its own project, and the
// stranger's peering. A dash is for what the path can't name.
//
// A status stands for success, a code for the refusal that has it.
//
//nolint:dupword // its cells are many times the same
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

// matrixStatus is what goes with a code.
var matrixStatus = map[string]int{
	"CS.10005": 403, "CS.10006": 403, "CS.10007": 401, "CS.10008": 401, "CS.20005": 400, "CS.22103": 400,
	"VPC.0008": 401, "VPC.2701": 403, "VPC.2204": 404,
}

// approach is a column of the matrix: who calls, and what he names.
type approach struct {
	name string
	// onCS and onVPC are who calls on each root; nil sends no credentials.
	onCS, onVPC *harness.Identity
	// project, cluster and peering tell that another one is named.
	project, cluster, peering bool
}

var approaches = []approach{
	{name: "requester", onCS: &harness.Requester, onVPC: &harness.Requester},
	{name: "accepter", onCS: &harness.Accepter, onVPC: &harness.Accepter},
	{name: "cluster", onCS: &harness.ClusterAdmin, onVPC: &harness.ClusterAdmin},
	{name: "stranger", onCS: &harness.Outsider, onVPC: &harness.Outsider},
	{name: "r-reader", onCS: &harness.RequesterReader, onVPC: &harness.RequesterReader},
	{name: "a-reader", onCS: &harness.AccepterReader, onVPC: &harness.AccepterReader},
	{name: "c-reader", onCS: &harness.ClusterReader, onVPC: &harness.ClusterReader},
	{name: "none"},
	{name: "expired", onCS: &harness.ExpiredAdmin, onVPC: &harness.ExpiredAdmin},
	{name: "project", onCS: &harness.ClusterAdmin, onVPC: &harness.Accepter, project: true},
	{name: "cluster", onCS: &harness.ClusterAdmin, onVPC: &harness.Accepter, cluster: true},
	{name: "peering", onCS: &harness.ClusterAdmin, onVPC: &harness.Accepter, peering: true},
}

// reason is in the message of a VPC.2701, which has several meanings.
func (a approach) reason() string {
	switch {
	case a.project:
		return "the credentials belong to another one"
	case a.onVPC.Role == "reader":
		return "The role reader may"
	default:
		return "Only the "
	}
}

// readMatrix answers the cells of each operation. It fails the test where an operation has no row, a row no operation or too
// few cells, or a cell a dash or a code that does not fit.
func readMatrix(t *testing.T) map[string][]string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	if names := strings.Fields(lines[0]); !slices.EqualFunc(names, approaches, func(n string, a approach) bool { return n == a.name }) {
		t.Fatalf("the columns are %q", names)
	}
	rows := map[string][]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		rows[cells[0]] = cells[1:]
	}
	var ids []string
	for _, o := range operationsBelow("/") {
		ids = append(ids, o.id)
		if cells := rows[o.id]; len(cells) != len(approaches) {
			t.Errorf("operation %s has %d cells, want %d", o.id, len(cells), len(approaches))
		}
	}
	for id := range rows {
		if !slices.Contains(ids, id) {
			t.Errorf("there is no operation %s", id)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return rows
}

// TestMatrix sends every request of the matrix to one server. Each is about things of its own, so that none is influenced by
// what another has changed. Around each that is refused all that is stored is compared.
func TestMatrix(t *testing.T) {
	t.Parallel()
	rows := readMatrix(t)
	etcdEndpoint, _ := startEtcd(t)
	s := harness.StartWithIdentities(t, "--etcd-endpoints", etcdEndpoint, "--quota-tenant", "10000", "--quota-pending", "10000")
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{etcdEndpoint}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = etcd.Close() })
	w := &matrixWorld{t: t, Server: s, etcd: etcd}
	w.others = w.things(harness.Outsider, harness.Outsider)
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		for i, a := range approaches {
			t.Run(fmt.Sprintf("%s/%d %s", id, i+1, a.name), func(t *testing.T) { w.cell(t, id, a, rows[id][i]) })
		}
	}
}

// cell sends the request of a cell and compares its answer, what it has changed and what was logged with the cell.
func (w *matrixWorld) cell(t *testing.T, id string, a approach, want string) {
	w.t = t
	about := w.thingsFor(id)
	missing := about
	switch {
	case a.cluster:
		about.cluster, missing.cluster = w.others.cluster, "7"
	case a.peering:
		about.peering, missing.peering = w.others.peering, harness.UnknownID
	default:
		missing.cluster, missing.peering = "7", harness.UnknownID
	}
	r := w.request(id, a, about)
	if (want == "-") != (a.cluster && !strings.Contains(r.path, about.cluster) || a.peering && !strings.Contains(r.path, about.peering)) {
		t.Fatalf("the cell is %s, the path is %s", want, r.path)
	}
	if want == "-" {
		return
	}
	before := w.stored()
	got := w.send(t, r)
	after := w.stored()
	status, refused := matrixStatus[want]
	if refused {
		if want == "VPC.2701" && !strings.Contains(got.Body, a.reason()) {
			t.Errorf("the reason is not %q: %s", a.reason(), got.Body)
		}
		wantFields(t, got, strings.HasPrefix(r.path, "/v2.0/"), status, want, "")
	} else if status = atoi(t, want); got.Status != status {
		t.Errorf("answered %d %s, want %s", got.Status, got.Body, want)
	}
	changes := !refused && r.method != http.MethodGet
	if maps.Equal(before, after) == changes {
		t.Errorf("changed: %t; stored before: %v, after: %v", !changes, before, after)
	}
	w.wantAudit(t, got.Header.Get("X-Request-Id"), changes, status)
	w.wantSilence(t, got, id, a, missing, about)
	if id == "listVpcPeerings" && !refused {
		sees := slices.Contains([]string{harness.RequesterTenant, harness.AccepterTenant}, a.onVPC.Project)
		if strings.Contains(got.Body, about.peering) != sees {
			t.Errorf("the list shows the peering: %t", !sees)
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

// wantAudit checks that a change has its line in the audit log and a refusal of the caller as well, and all else none.
func (w *matrixWorld) wantAudit(t *testing.T, requestID string, changes bool, status int) {
	t.Helper()
	var want []string
	if changes {
		want = []string{"changed"}
	} else if status == http.StatusUnauthorized || status == http.StatusForbidden {
		want = []string{"denied"}
	}
	var got []string
	for _, line := range w.Log.Audit(t, requestID) {
		got = append(got, fmt.Sprint(line["outcome"]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has %q of the request, want %q", got, want)
	}
}

// volatile is what differs between two answers that are the same.
var volatile = regexp.MustCompile(`"(request_id":"[^"]*|error_time":[0-9]*)`)

// wantSilence checks that something which is there and not for the caller is answered like something which is not there.
func (w *matrixWorld) wantSilence(t *testing.T, got harness.Response, id string, a approach, missing, about things) {
	t.Helper()
	switch readCode(t, got.Body) {
	case "CS.20005", "CS.22103", "VPC.2204":
	default:
		return
	}
	of := w.send(t, w.request(id, a, missing))
	same := strings.NewReplacer(about.peering, missing.peering, about.cluster, missing.cluster).Replace(got.Body)
	if of.Status != got.Status || volatile.ReplaceAllString(of.Body, "") != volatile.ReplaceAllString(same, "") ||
		!slices.Equal(headerNames(of.Header), headerNames(got.Header)) {
		t.Errorf("answered %d %v %s\nof what is not there %d %v %s", got.Status, got.Header, got.Body, of.Status, of.Header, of.Body)
	}
}

// readCode answers the code in the body of a refusal, of either root.
func readCode(t *testing.T, body string) string {
	t.Helper()
	var text struct {
		Code    string
		ErrorID string `json:"error_id"`
	}
	if body != "" && json.Unmarshal([]byte(body), &text) != nil {
		t.Fatalf("answered %s", body)
	}
	return text.Code + text.ErrorID
}

func headerNames(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }
