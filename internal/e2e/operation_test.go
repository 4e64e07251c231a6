package e2e_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

// operation is an operation of the contract with a valid request.
type operation struct {
	id, method, path, body string
}

// operationsBelow returns the operations whose path has the prefix.
func operationsBelow(prefix string) []operation {
	fill := strings.NewReplacer("{project_id}", harness.Project, "{cluster_id}", harness.ClusterID,
		"{peering_id}", harness.UnknownID, "{route_id}", harness.UnknownID)
	bodies := map[string]string{
		"createPeering":    exampleRequest,
		"createCluster":    `{"name":"n"}`,
		"updateCluster":    `{"name":"n"}`,
		"createRoute":      `{"destination":"192.168.0.0/16"}`,
		"createVpcPeering": vpcPeeringBody("n", harness.PeerVPC, harness.OtherVPC),
		"updateVpcPeering": `{"peering":{"name":"n"}}`,
	}
	var found []operation
	for path, item := range harness.Contract.Paths.Map() {
		for method, o := range item.Operations() {
			if strings.HasPrefix(path, prefix) {
				found = append(found, operation{o.OperationID, method, fill.Replace(path), bodies[o.OperationID]})
			}
		}
	}
	return found
}

// send sends the request for a project.
func (o operation) send(t testing.TB, endpoint, projectID string) harness.Response {
	t.Helper()
	return harness.Send(t, o.method, endpoint+o.path, o.body,
		"Content-Type", "application/json", "X-Project-Id", projectID)
}

// vpcPeeringBody returns the body of createVpcPeering.
func vpcPeeringBody(name, requester, accepter string) string {
	return `{"peering":{"name":"` + name + `","request_vpc_info":{"vpc_id":"` + requester +
		`"},"accept_vpc_info":{"vpc_id":"` + accepter + `"}}}`
}

// bodyWith returns the body of createPeering with a member replaced or
// added.
func bodyWith(member, value string) string {
	var members []string
	for _, m := range [][2]string{{"name", `"n"`}, {"vpc_id", `"` + harness.PeerVPC + `"`}} {
		if m[0] != member {
			members = append(members, `"`+m[0]+`":`+m[1])
		}
	}
	return "{" + strings.Join(append(members, `"`+member+`":`+value), ",") + "}"
}
