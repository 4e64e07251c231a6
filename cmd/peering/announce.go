package main

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
)

// announce prints where the service is and, where it knows a cluster, a first request to paste, with another header where there is one.
func (p *program) announce(apiAddr, adminAddr net.Addr, clusters []peering.Cluster, header string) error {
	endpoint := "http://" + apiAddr.String()
	text := fmt.Sprintf("peering is ready at %s\noperations endpoints at http://%s\n", endpoint, adminAddr)
	if len(clusters) > 0 {
		command, err := exampleCommand(endpoint, clusters[0].ClusterRef, header)
		if err != nil {
			return err
		}
		text += "\nCreate a peering:\n\n" + command + "\n\n"
	}
	if _, err := fmt.Fprint(p.stdout, text); err != nil {
		return fmt.Errorf("print where the service is: %w", err)
	}
	return nil
}

// exampleCommand answers the contract's example of createPeering as a curl command for a cluster. Another header is put in double
// quotes, in which a shell fills in variables.
func exampleCommand(endpoint string, cluster peering.ClusterRef, header string) (string, error) {
	const path = "/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering"
	body, err := exampleBody(path)
	if err != nil {
		return "", fmt.Errorf("example in the contract: %w", err)
	}
	url := endpoint + strings.NewReplacer("{project_id}", string(cluster.Project), "{cluster_id}", cluster.ID).Replace(path)
	if header != "" {
		header = ` -H "` + header + `"`
	}
	return fmt.Sprintf("curl -i -X POST %s -H 'Content-Type: application/json'%s -d '%s'", url, header, body), nil
}

// exampleBody answers the example called seed of what is posted to a path.
func exampleBody(path string) ([]byte, error) {
	text, err := api.GetSpecJSON()
	if err != nil {
		return nil, err
	}
	var doc struct {
		Paths map[string]struct {
			Post struct {
				RequestBody struct {
					Content map[string]struct {
						Examples map[string]struct {
							Value json.RawMessage
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	return doc.Paths[path].Post.RequestBody.Content["application/json"].Examples["seed"].Value, nil
}
