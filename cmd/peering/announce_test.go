package main

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestExampleCommandIsTheSeeds(t *testing.T) {
	for header, sent := range map[string]string{"": "", "X-Auth-Token: $PEERING_TOKEN": ` -H "X-Auth-Token: $PEERING_TOKEN"`} {
		got, err := exampleCommand("http://127.0.0.1:8080", tlsFiles{}, peering.ClusterRef{Project: project, ID: clusterID}, header)
		want := `curl -i -X POST http://127.0.0.1:8080/v1.0/4f30b9215e054c908d18f2b150131646/reserved_cluster/1000000/peering ` +
			`-H 'Content-Type: application/json'` + sent + ` -d '{"name":"myVpc","vpc_id":"f4da5a55-fcd9-4a93-8b86-5b81585e14bb"}'`
		if err != nil || got != want {
			t.Errorf("got %s, %v\nwant %s", got, err, want)
		}
	}
}
