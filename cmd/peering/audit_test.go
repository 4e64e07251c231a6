package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// audit answers the lines of a log in JSON that are called audit and hold a text, such as a request's id.
func (b *lockedBuffer) audit(t testing.TB, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, `"msg":"audit"`) || !strings.Contains(line, text) {
			continue
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found = append(found, members)
	}
	return found
}

// brief answers an audit line in short: who did what, from which status to which.
func brief(line map[string]any) string {
	words := []string{fmt.Sprint(line["outcome"]), fmt.Sprint(line["action"]), "by", fmt.Sprint(line["by"])}
	for _, key := range []string{"user", "credentials", "from", "to", "reason"} {
		if value, ok := line[key]; ok && value != "" {
			words = append(words, fmt.Sprintf("%s=%v", key, value))
		}
	}
	return strings.Join(words, " ")
}

func wantAudit(t *testing.T, lines []map[string]any, want ...string) {
	t.Helper()
	var got []string
	for _, line := range lines {
		got = append(got, brief(line))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAuditOfAPeering(t *testing.T) {
	s := startKnowing(t, "--data-dir", t.TempDir())
	ctx, owner := t.Context(), s.by(t, clusterAdmin)
	cluster, err := owner.CreateCluster(ctx, client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := owner.CreatePeering(ctx, cluster, client.PeeringCreate{Name: "n", VPCID: otherVPC, AcceptTenantID: accepterTenant})
	if err != nil {
		t.Fatal(err)
	}
	name := "m"
	byKeys := s.with(t, client.WithCredentials(requester.accessKey(), requester.secretKey()))
	if _, err := byKeys.UpdateVPCPeering(ctx, p.ID, client.VPCPeeringUpdate{Name: &name}); err != nil {
		t.Error(err)
	}
	_, err = byKeys.AcceptVPCPeering(ctx, p.ID)
	wantRefusal(t, err, http.StatusForbidden, "VPC.2701")
	_, err = s.by(t, accepterReader).AcceptVPCPeering(ctx, p.ID)
	wantRefusal(t, err, http.StatusForbidden, "VPC.2701")
	_, err = s.by(t, nobody).AcceptVPCPeering(ctx, p.ID) // to him there is none, so nothing is denied
	wantRefusal(t, err, http.StatusNotFound, "VPC.2204")
	for range 2 {
		if _, err := s.by(t, accepter).AcceptVPCPeering(ctx, p.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := owner.CreateRoute(ctx, cluster, p.ID, "192.168.0.0/16"); err != nil {
		t.Error(err)
	}
	if err := s.by(t, accepter).DeleteVPCPeering(ctx, p.ID); err != nil {
		t.Error(err)
	}
	lines := s.log.audit(t, p.ID)
	wantAudit(t, lines,
		"changed create peering by caller user=cluster-admin credentials=token to=PENDING_ACCEPTANCE",
		"changed rename peering by caller user=requester credentials=signature from=PENDING_ACCEPTANCE to=PENDING_ACCEPTANCE",
		"denied acceptVpcPeering by caller user=requester credentials=signature reason=forbidden",
		"denied acceptVpcPeering by caller user=accepter-reader credentials=token reason=forbidden",
		"changed accept peering by caller user=accepter credentials=token from=PENDING_ACCEPTANCE to=ACTIVE",
		"changed create route by caller user=cluster-admin credentials=token",
		"changed delete peering by caller user=accepter credentials=token from=ACTIVE to=DELETED",
	)
	for _, line := range lines {
		if line["remote"] != "127.0.0.1" || line["project"] == "" || len(fmt.Sprint(line["request_id"])) != 36 {
			t.Errorf("an audit line lacks something: %v", line)
		}
	}
	made := s.log.audit(t, clusterProject)[:1]
	wantAudit(t, made, "changed create cluster by caller user=cluster-admin credentials=token")
	if len(made) == 1 && (made[0]["cluster"] != cluster || made[0]["cluster_project"] != clusterProject) {
		t.Errorf("the cluster is not named: %v", made[0])
	}
	wantAudit(t, s.log.audit(t, `"inventory"`), "changed create cluster by inventory")
}

func TestAuditOfWhoeverHasNoCredentials(t *testing.T) {
	s := startKnowing(t, "--data-dir", t.TempDir())
	got := send(t, http.MethodPut, s.endpoint+vpcPath+"/"+noID+"/accept", "", "X-Auth-Token", secretMark, "X-Project-Id", accepterTenant)
	lines := s.log.audit(t, got.header.Get("X-Request-Id"))
	wantAudit(t, lines, "denied acceptVpcPeering by <nil> reason=unauthenticated")
	if len(lines) == 1 && (lines[0]["remote"] != "127.0.0.1" || !strings.Contains(fmt.Sprint(lines[0]["path"]), noID)) {
		t.Errorf("the line lacks something: %v", lines[0])
	}
}

func TestAuditOfReplays(t *testing.T) {
	s := start(t, t.TempDir())
	for range 3 {
		post(t, s.endpoint+csPath, seedRequest, "8e03978e-40d5-43dd-bc93-6894a57f9324")
	}
	wantAudit(t, s.log.audit(t, `"create peering"`), "changed create peering by caller credentials=none to=PENDING_ACCEPTANCE")
}

// TestAuditOfExpiries has one peering settled by the worker, and another by a creation that is in its place.
func TestAuditOfExpiries(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	buffer := &lockedBuffer{}
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	store, service, err := openStore(t.Context(), etcd.Config{DataDir: t.TempDir()}, peering.DefaultRules(), func() time.Time { return now }, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	request := func(vpc peering.ID) peering.Request {
		return peering.Request{Requester: peering.VPC{ID: peerVPC}, Accepter: peering.VPC{ID: vpc, Tenant: stranger}}
	}
	var ids []string
	for _, vpc := range []peering.ID{otherVPC, noID} {
		p, _, err := service.Create(t.Context(), project, request(vpc), peering.Once{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(p.ID))
	}
	now = now.Add(peering.DefaultRules().Lifetime)
	if _, _, err := service.Create(t.Context(), project, request(otherVPC), peering.Once{}); err != nil {
		t.Fatal(err)
	}
	const expired = "changed expire peering by expiry from=PENDING_ACCEPTANCE to=EXPIRED"
	wantAudit(t, buffer.audit(t, `"EXPIRED"`), expired)
	settle(t.Context(), service, log)
	for _, id := range ids {
		wantAudit(t, buffer.audit(t, id)[1:], expired)
	}
}
