package etcd_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// invariants fails the test where the keys in etcd are not exactly the records of peerings, routes and clusters and what
// follows from them: the pair key of each peering that is stored live, and the index keys of each peering. The keys are written
// out here a second time, because data directories outlive a version of the program.
func invariants(t *testing.T, store *etcd.Store) {
	t.Helper()
	got := dump(t, store)
	want := map[string]string{}
	for key, value := range got {
		switch {
		case strings.HasPrefix(key, "/peering/peering/"):
			maps.Copy(want, keysOfPeering(t, value, want, got))
		case strings.HasPrefix(key, "/peering/route/"):
			want[keyOfRoute(t, value, got)] = value
		case key == "/peering/cluster-number", strings.HasPrefix(key, "/peering/once/"):
			want[key] = value
		case strings.HasPrefix(key, "/peering/cluster/"):
			want[keyOfCluster(t, value)] = value
		}
	}
	wantDump(t, store, want)
}

type ref struct {
	Project peering.ID `json:"project"`
	ID      string     `json:"id"`
}

func (r ref) path() string {
	return r.Project.Key() + "/" + r.ID
}

// keysOfPeering answers all keys that belong to the record, and their values.
func keysOfPeering(t *testing.T, record string, others, stored map[string]string) map[string]string {
	t.Helper()
	var r struct {
		ID        peering.ID
		Name      string
		Status    peering.Status
		Requester struct{ ID, Tenant peering.ID }
		Accepter  struct{ ID, Tenant peering.ID }
		Cluster   *ref
		ExpiresAt time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		t.Fatalf("record %s: %v", record, err)
	}
	id := r.ID.Key()
	keys := map[string]string{"/peering/peering/" + id: record}
	requester, accepter := r.Requester.Tenant.Key(), r.Accepter.Tenant.Key()
	for _, tenant := range []string{requester, accepter} {
		keys["/peering/tenant/"+tenant+"/"+id] = ""
		keys["/peering/tenant-name/"+tenant+"/"+r.Name+"/"+id] = ""
		keys["/peering/tenant-status/"+tenant+"/"+string(r.Status)+"/"+id] = ""
		keys["/peering/tenant-vpc/"+tenant+"/"+r.Requester.ID.Key()+"/"+id] = ""
		keys["/peering/tenant-vpc/"+tenant+"/"+r.Accepter.ID.Key()+"/"+id] = ""
	}
	if requester != accepter {
		keys["/peering/tenant-other/"+requester+"/"+accepter+"/"+id] = ""
		keys["/peering/tenant-other/"+accepter+"/"+requester+"/"+id] = ""
	}
	if r.Cluster != nil {
		keys["/peering/cluster-peering/"+r.Cluster.path()+"/"+id] = ""
		if _, ok := stored["/peering/cluster/"+r.Cluster.path()]; !ok {
			t.Errorf("the cluster of peering %s is not stored", r.ID)
		}
	}
	requesterQuota := "tenant/" + requester
	if r.Cluster != nil {
		requesterQuota = "cluster/" + r.Cluster.path()
	}
	accepterQuota := map[peering.Status]string{peering.PendingAcceptance: "pending/" + accepter, peering.Active: "tenant/" + accepter}[r.Status]
	if r.Status == peering.PendingAcceptance {
		keys["/peering/expiry/"+r.ExpiresAt.UTC().Format("20060102T150405.000000000")+"/"+id] = ""
	}
	switch r.Status {
	case peering.PendingAcceptance, peering.Active:
		keys["/peering/quota/"+requesterQuota+"/"+id], keys["/peering/quota/"+accepterQuota+"/"+id] = "", ""
		a, b := r.Requester.ID.Key(), r.Accepter.ID.Key()
		pair := "/peering/pair/" + min(a, b) + "/" + max(a, b)
		if other, ok := others[pair]; ok {
			t.Errorf("peerings %s and %s of one pair are both live", other, id)
		}
		keys[pair] = id
	case peering.Rejected, peering.Expired:
	default:
		t.Errorf("peering %s is stored as %s", r.ID, r.Status)
	}
	return keys
}

func keyOfRoute(t *testing.T, record string, stored map[string]string) string {
	t.Helper()
	var r struct {
		Peering     peering.ID
		Destination string
	}
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		t.Fatalf("record %s: %v", record, err)
	}
	if _, ok := stored["/peering/peering/"+r.Peering.Key()]; !ok {
		t.Errorf("the peering of the route to %s is not stored", r.Destination)
	}
	return "/peering/route/" + r.Peering.Key() + "/" + r.Destination
}

func keyOfCluster(t *testing.T, record string) string {
	t.Helper()
	var r struct{ Cluster ref }
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		t.Fatalf("record %s: %v", record, err)
	}
	return "/peering/cluster/" + r.Cluster.path()
}
