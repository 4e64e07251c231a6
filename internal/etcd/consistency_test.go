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

// wantConsistent fails the test unless the keys in etcd are exactly the records
// of peerings, routes and clusters and the keys that follow from them: the pair
// key of each live peering and the index keys of each peering. The keys are
// spelled out here again, because data directories outlive program versions.
func wantConsistent(t *testing.T, store *etcd.Store) {
	t.Helper()
	got := dumpKeys(t, store)
	want := map[string]string{}
	for key, value := range got {
		switch {
		case strings.HasPrefix(key, "/peering/peering/"):
			maps.Copy(want, expectedPeeringKeys(t, value, want, got))
		case strings.HasPrefix(key, "/peering/route/"):
			want[expectedRouteKey(t, value, got)] = value
		case key == "/peering/cluster-number", strings.HasPrefix(key, "/peering/once/"):
			want[key] = value
		case strings.HasPrefix(key, "/peering/cluster/"):
			want[expectedClusterKey(t, value)] = value
		}
	}
	wantKeys(t, store, want)
}

type clusterRef struct {
	Project peering.ID `json:"project"`
	ID      string     `json:"id"`
}

func (r clusterRef) path() string {
	return r.Project.Key() + "/" + r.ID
}

// expectedPeeringKeys returns all keys of the peering with the record, and their
// values.
func expectedPeeringKeys(t *testing.T, record string, expected, stored map[string]string) map[string]string {
	t.Helper()
	var r struct {
		ID        peering.ID
		Name      string
		Status    peering.Status
		Requester struct{ ID, Tenant peering.ID }
		Accepter  struct{ ID, Tenant peering.ID }
		Cluster   *clusterRef
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
			t.Errorf("the cluster of peering %s does not exist", r.ID)
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
		if other, ok := expected[pair]; ok {
			t.Errorf("peerings %s and %s of the same pair are both live", other, id)
		}
		keys[pair] = id
	case peering.Rejected, peering.Expired:
	default:
		t.Errorf("peering %s is stored as %s", r.ID, r.Status)
	}
	return keys
}

func expectedRouteKey(t *testing.T, record string, stored map[string]string) string {
	t.Helper()
	var r struct {
		Peering     peering.ID
		Destination string
	}
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		t.Fatalf("record %s: %v", record, err)
	}
	if _, ok := stored["/peering/peering/"+r.Peering.Key()]; !ok {
		t.Errorf("the peering of the route to %s does not exist", r.Destination)
	}
	return "/peering/route/" + r.Peering.Key() + "/" + r.Destination
}

func expectedClusterKey(t *testing.T, record string) string {
	t.Helper()
	var r struct{ Cluster clusterRef }
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		t.Fatalf("record %s: %v", record, err)
	}
	return "/peering/cluster/" + r.Cluster.path()
}
