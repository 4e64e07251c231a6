package etcd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

// The records as they are in existing data directories. A change that is not
// compatible needs a new version of the record.
const (
	peeringKey    = "/peering/peering/0190a3b400007000800000000000000a"
	peeringRecord = `{"version":1,"id":"0190a3b4-0000-7000-8000-00000000000A","name":"orders","description":"of the shop","status":"ACTIVE",` +
		`"requester":{"id":"83081290-198e-48e2-8e2d-64c50023d136","tenant":"8185f87d043f4519a68420a282b5e2fa"},` +
		`"accepter":{"id":"f4da5a55-a2bb-4bb7-9bb0-8a6f0cb347b0","tenant":"4f30b9215e054c908d18f2b150131646"},` +
		`"cluster":{"project":"4f30b9215e054c908d18f2b150131646","id":"1000000"},` +
		`"created_at":"2024-05-01T12:00:00Z","updated_at":"2024-05-01T12:00:00.123456789Z","expires_at":"2024-05-08T12:00:00Z"}`
	clusterKey    = "/peering/cluster/4f30b9215e054c908d18f2b150131646/1000000"
	clusterRecord = `{"version":1,"cluster":{"project":"4f30b9215e054c908d18f2b150131646","id":"1000000"},"name":"mycluster",` +
		`"vpc":{"id":"83081290-198e-48e2-8e2d-64c50023d136","tenant":"8185f87d043f4519a68420a282b5e2fa"},` +
		`"vpc_cidr":"172.16.0.0/23","subnet_cidr":"172.16.0.0/24"}`
)

// recordedObjects returns the objects that are in the records.
func recordedObjects() (peering.Cluster, peering.Peering) {
	c := peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: "4f30b9215e054c908d18f2b150131646", ID: "1000000"},
		Name:       "mycluster",
		VPC:        peering.VPC{ID: "83081290-198e-48e2-8e2d-64c50023d136", Tenant: "8185f87d043f4519a68420a282b5e2fa"},
		VPCCIDR:    "172.16.0.0/23",
		SubnetCIDR: "172.16.0.0/24",
	}
	return c, peering.Peering{
		ID:          "0190a3b4-0000-7000-8000-00000000000A",
		Name:        "orders",
		Description: "of the shop",
		Status:      peering.Active,
		Requester:   c.VPC,
		Accepter:    peering.VPC{ID: "f4da5a55-a2bb-4bb7-9bb0-8a6f0cb347b0", Tenant: "4f30b9215e054c908d18f2b150131646"},
		Cluster:     c.ClusterRef,
		CreatedAt:   createdAt,
		UpdatedAt:   createdAt.Add(123456789 * time.Nanosecond),
		ExpiresAt:   createdAt.Add(peering.DefaultRules().Lifetime),
	}
}

func TestRecordFormatIsStable(t *testing.T) {
	store := newStore(t)
	c, p := recordedObjects()
	putCluster(t, store, c)
	create(t, store, p)
	want := map[string]string{
		clusterKey: clusterRecord,
		peeringKey: peeringRecord,
		"/peering/pair/83081290198e48e28e2d64c50023d136/f4da5a55a2bb4bb79bb08a6f0cb347b0":                    "0190a3b400007000800000000000000a",
		"/peering/tenant/8185f87d043f4519a68420a282b5e2fa/0190a3b400007000800000000000000a":                  "",
		"/peering/tenant/4f30b9215e054c908d18f2b150131646/0190a3b400007000800000000000000a":                  "",
		"/peering/cluster-peering/4f30b9215e054c908d18f2b150131646/1000000/0190a3b400007000800000000000000a": "",
		"/peering/quota/cluster/4f30b9215e054c908d18f2b150131646/1000000/0190a3b400007000800000000000000a":   "",
		"/peering/quota/tenant/4f30b9215e054c908d18f2b150131646/0190a3b400007000800000000000000a":            "",
	}
	const requester, accepter, id = "8185f87d043f4519a68420a282b5e2fa", "4f30b9215e054c908d18f2b150131646", "/0190a3b400007000800000000000000a"
	for tenant, other := range map[string]string{requester: accepter, accepter: requester} {
		want["/peering/tenant-name/"+tenant+"/orders"+id] = ""
		want["/peering/tenant-status/"+tenant+"/ACTIVE"+id] = ""
		want["/peering/tenant-vpc/"+tenant+"/83081290198e48e28e2d64c50023d136"+id] = ""
		want["/peering/tenant-vpc/"+tenant+"/f4da5a55a2bb4bb79bb08a6f0cb347b0"+id] = ""
		want["/peering/tenant-other/"+tenant+"/"+other+id] = ""
	}
	wantKeys(t, store, want)
	if got := get(t, store, p.ID); got != p {
		t.Errorf("got %+v, want %+v", got, p)
	}
	if got := getCluster(t, store, c.ClusterRef); got != c {
		t.Errorf("got %+v, want %+v", got, c)
	}
}

// unreadable are changes that make a record unreadable.
var unreadable = map[string]func(record string) string{
	"newer version":         func(r string) string { return strings.Replace(r, `"version":1`, `"version":2`, 1) },
	"no version":            func(r string) string { return strings.Replace(r, `"version":1,`, "", 1) },
	"broken JSON":           func(r string) string { return r[:len(r)/2] },
	"field of another type": func(r string) string { return strings.Replace(r, `"name":"`, `"name":7,"was":"`, 1) },
	"array":                 func(string) string { return "[]" },
	"empty":                 func(string) string { return "" },
}

// TestUnreadablePeering makes all calls that read the record. Each must return an
// error that names the key, and must not change the record.
func TestUnreadablePeering(t *testing.T) {
	store := newStore(t)
	c, p := recordedObjects()
	putCluster(t, store, c)
	create(t, store, p)
	calls := map[string]func() error{
		"get": func() error {
			_, err := store.Get(t.Context(), p.ID)
			return err
		},
		"list": func() error {
			_, _, err := store.List(t.Context(), peering.Scope{Tenant: p.Accepter.Tenant}, peering.Query{Match: matchAll})
			return err
		},
		"update": func() error {
			_, err := store.Update(t.Context(), p.ID, unlimited, rename)
			return err
		},
		"delete":              func() error { return apply(t, store, peering.Delete, p.ID) },
		"create for its pair": func() error { return tryCreate(t.Context(), store, afterExpiry(p)) },
	}
	for how, spoil := range unreadable {
		record := spoil(peeringRecord)
		putKey(t, store, peeringKey, record)
		before := dumpKeys(t, store)
		for what, call := range calls {
			t.Run(what+" of "+how, func(t *testing.T) {
				err := call()
				wantCode(t, err, peering.Internal)
				if !strings.Contains(err.Error(), peeringKey) {
					t.Errorf("error does not name %s: %v", peeringKey, err)
				}
				wantKeys(t, store, before)
			})
		}
	}
}

func TestUnreadableCluster(t *testing.T) {
	store := newStore(t)
	c, _ := recordedObjects()
	calls := map[string]func() error{
		"get": func() error {
			_, err := store.Cluster(t.Context(), c.ClusterRef)
			return err
		},
		"put": func() error { return store.PutCluster(t.Context(), c, takeNew) },
	}
	for how, spoil := range unreadable {
		putKey(t, store, clusterKey, spoil(clusterRecord))
		before := dumpKeys(t, store)
		for what, call := range calls {
			t.Run(what+" of "+how, func(t *testing.T) {
				err := call()
				wantCode(t, err, peering.Internal)
				if !strings.Contains(err.Error(), clusterKey) {
					t.Errorf("error does not name %s: %v", clusterKey, err)
				}
				wantKeys(t, store, before)
			})
		}
	}
}

// TestUnknownFieldsAreIgnored shows that a record can get new fields without a
// new version.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	store := newStore(t)
	_, p := recordedObjects()
	putKey(t, store, peeringKey, strings.Replace(peeringRecord, `"version":1`, `"version":1,"colour":"blue"`, 1))
	if got := get(t, store, p.ID); got != p {
		t.Errorf("got %+v, want %+v", got, p)
	}
}

// TestUnknownFieldsAreKept changes records with fields that a newer version of
// the program may have written.
func TestUnknownFieldsAreKept(t *testing.T) {
	store := newStore(t)
	p, cluster := create(t, store, newPeering(newVPC(), newVPC())), putCluster(t, store, newCluster())
	peeringKey := "/peering/peering/" + p.ID.Key()
	clusterKey := "/peering/cluster/" + cluster.Project.Key() + "/" + cluster.ID
	for _, key := range []string{peeringKey, clusterKey} {
		newer := strings.NewReplacer(`{"version"`, `{"color":{"a":[1,2]},"version"`, `"tenant"`, `"zone":"z","tenant"`).Replace(dumpKeys(t, store)[key])
		putKey(t, store, key, newer)
	}
	_, err := store.Update(t.Context(), p.ID, unlimited, rename)
	wantCode(t, err, "")
	wantCode(t, store.UpdateCluster(t.Context(), cluster.ClusterRef, func(c peering.Cluster) peering.Cluster {
		c.Name = "renamed"
		return c
	}), "")
	for key, zones := range map[string]int{peeringKey: 2, clusterKey: 1} {
		got := dumpKeys(t, store)[key]
		if !strings.Contains(got, `"color":{"a":[1,2]}`) || strings.Count(got, `"zone":"z"`) != zones || strings.Count(got, `"name"`) != 1 {
			t.Errorf("%s became %s", key, got)
		}
	}
	if got, err := store.Get(t.Context(), p.ID); err != nil || got.Name == p.Name {
		t.Errorf("got %+v, %v", got, err)
	}
}
