package main

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
	onCS, onVPC *identity
	// project, cluster and peering tell that another one is named.
	project, cluster, peering bool
}

var approaches = []approach{
	{name: "requester", onCS: &requester, onVPC: &requester},
	{name: "accepter", onCS: &accepter, onVPC: &accepter},
	{name: "cluster", onCS: &clusterAdmin, onVPC: &clusterAdmin},
	{name: "stranger", onCS: &nobody, onVPC: &nobody},
	{name: "r-reader", onCS: &requesterReader, onVPC: &requesterReader},
	{name: "a-reader", onCS: &accepterReader, onVPC: &accepterReader},
	{name: "c-reader", onCS: &clusterReader, onVPC: &clusterReader},
	{name: "none"},
	{name: "expired", onCS: &latecomer, onVPC: &latecomer},
	{name: "project", onCS: &clusterAdmin, onVPC: &accepter, project: true},
	{name: "cluster", onCS: &clusterAdmin, onVPC: &accepter, cluster: true},
	{name: "peering", onCS: &clusterAdmin, onVPC: &accepter, peering: true},
}

// reason is in the message of a VPC.2701, which has several meanings.
func (a approach) reason() string {
	switch {
	case a.project:
		return "the credentials belong to another one"
	case a.onVPC.role == "reader":
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
	s := startKnowing(t, "--etcd-endpoints", etcdEndpoint, "--quota-tenant", "10000", "--quota-pending", "10000")
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{etcdEndpoint}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = etcd.Close() })
	w := &matrixWorld{t: t, running: s, etcd: etcd}
	w.others = w.things(nobody, nobody)
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
		about.peering, missing.peering = w.others.peering, noID
	default:
		missing.cluster, missing.peering = "7", noID
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
		if want == "VPC.2701" && !strings.Contains(got.body, a.reason()) {
			t.Errorf("the reason is not %q: %s", a.reason(), got.body)
		}
		wantFields(t, got, strings.HasPrefix(r.path, "/v2.0/"), status, want, "")
	} else if status = atoi(t, want); got.status != status {
		t.Errorf("answered %d %s, want %s", got.status, got.body, want)
	}
	changes := !refused && r.method != http.MethodGet
	if maps.Equal(before, after) == changes {
		t.Errorf("changed: %t; stored before: %v, after: %v", !changes, before, after)
	}
	w.wantAudit(t, got.header.Get("X-Request-Id"), changes, status)
	w.wantSilence(t, got, id, a, missing, about)
	if id == "listVpcPeerings" && !refused {
		sees := slices.Contains([]string{requesterTenant, accepterTenant}, a.onVPC.project)
		if strings.Contains(got.body, about.peering) != sees {
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
	for _, line := range w.log.audit(t, requestID) {
		got = append(got, fmt.Sprint(line["outcome"]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has %q of the request, want %q", got, want)
	}
}

// volatile is what differs between two answers that are the same.
var volatile = regexp.MustCompile(`"(request_id":"[^"]*|error_time":[0-9]*)`)

// wantSilence checks that something which is there and not for the caller is answered like something which is not there.
func (w *matrixWorld) wantSilence(t *testing.T, got answered, id string, a approach, missing, about things) {
	t.Helper()
	switch readCode(t, got.body) {
	case "CS.20005", "CS.22103", "VPC.2204":
	default:
		return
	}
	of := w.send(t, w.request(id, a, missing))
	same := strings.NewReplacer(about.peering, missing.peering, about.cluster, missing.cluster).Replace(got.body)
	if of.status != got.status || volatile.ReplaceAllString(of.body, "") != volatile.ReplaceAllString(same, "") ||
		!slices.Equal(headerNames(of.header), headerNames(got.header)) {
		t.Errorf("answered %d %v %s\nof what is not there %d %v %s", got.status, got.header, got.body, of.status, of.header, of.body)
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
