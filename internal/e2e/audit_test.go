package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestAuditLogOfAPeering(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	ctx, owner := t.Context(), s.By(t, harness.ClusterAdmin)
	cluster, err := owner.CreateCluster(ctx, client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := owner.CreatePeering(ctx, cluster, client.PeeringCreate{
		Name: "n", VPCID: uuid.NewString(), AcceptTenantID: harness.AccepterTenant,
	})
	if err != nil {
		t.Fatal(err)
	}
	byKeys := s.With(t, client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey()))
	if _, err := byKeys.UpdateVPCPeering(ctx, p.ID, client.VPCPeeringUpdate{Name: new("m")}); err != nil {
		t.Error(err)
	}
	_, err = byKeys.AcceptVPCPeering(ctx, p.ID)
	wantError(t, err, http.StatusForbidden, "VPC.2701")
	_, err = s.By(t, harness.AccepterReader).AcceptVPCPeering(ctx, p.ID)
	wantError(t, err, http.StatusForbidden, "VPC.2701")
	_, err = s.By(t, harness.Outsider).AcceptVPCPeering(ctx, p.ID) // hidden from the caller, so nothing is denied
	wantError(t, err, http.StatusNotFound, "VPC.2204")
	for range 2 {
		if _, err := s.By(t, harness.Accepter).AcceptVPCPeering(ctx, p.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := owner.CreateRoute(ctx, cluster, p.ID, "192.168.0.0/16"); err != nil {
		t.Error(err)
	}
	if err := s.By(t, harness.Accepter).DeleteVPCPeering(ctx, p.ID); err != nil {
		t.Error(err)
	}
	lines := s.Log.Audit(t, p.ID)
	harness.WantAudit(t, lines,
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
			t.Errorf("the audit line lacks the remote address, the project or the request id: %v", line)
		}
	}
}

func TestAuditLogOfAClusterCreation(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	cluster, err := s.By(t, harness.ClusterAdmin).CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	lines := linesWith(s.Log.Audit(t, harness.ClusterProject), "cluster", cluster)
	harness.WantAudit(t, lines, "changed create cluster by caller user=cluster-admin credentials=token")
	if len(lines) == 1 && lines[0]["cluster_project"] != harness.ClusterProject {
		t.Errorf("the audit line does not name the cluster's project: %v", lines[0])
	}
	harness.WantAudit(t, s.Log.Audit(t, `"inventory"`), "changed create cluster by inventory")
}

func TestAuditLogOfAnUnauthenticatedRequest(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	got := harness.Send(t, http.MethodPut, s.Endpoint+harness.VPCPath+"/"+harness.UnknownID+"/accept", "",
		"X-Auth-Token", harness.SecretMark, "X-Project-Id", harness.AccepterTenant)
	lines := s.Log.Audit(t, got.Header.Get("X-Request-Id"))
	harness.WantAudit(t, lines, "denied acceptVpcPeering by <nil> reason=unauthenticated")
	if len(lines) == 1 && (lines[0]["remote"] != "127.0.0.1" ||
		!strings.Contains(fmt.Sprint(lines[0]["path"]), harness.UnknownID)) {
		t.Errorf("the audit line lacks the remote address or the path: %v", lines[0])
	}
}

func TestAuditLogHasNoReplays(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	key := uuid.NewString()
	for range 3 {
		postWithKey(t, s.Endpoint+s.CSPath, s.Project, `{"name":"n","vpc_id":"`+s.PeerVPC+`"}`, key)
	}
	harness.WantAudit(t, linesWith(s.Log.Audit(t, s.Project), "action", "create peering"),
		"changed create peering by caller credentials=none to=PENDING_ACCEPTANCE")
}

// linesWith returns the lines in which the key has the value.
func linesWith(lines []map[string]any, key, value string) []map[string]any {
	return slices.DeleteFunc(lines, func(line map[string]any) bool { return line[key] != value })
}
