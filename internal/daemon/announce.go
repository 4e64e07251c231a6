package daemon

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/peering"
)

// announce prints where the service is and, where it knows a cluster, a first request to paste, with credentials where they are asked for.
func announce(env *command.Env, cfg serveConfig, apiAddr, adminAddr net.Addr, clusters []peering.Cluster) error {
	encryption := cfg.network.tls
	endpoint := "http://" + apiAddr.String()
	if encryption.used() {
		endpoint = "https://" + apiAddr.String()
	}
	where := announcement{Endpoint: endpoint, Operations: "http://" + adminAddr.String()}
	if len(clusters) > 0 {
		var err error
		if where.Example, err = exampleCommand(endpoint, encryption, clusters[0].ClusterRef, cfg.auth.header()); err != nil {
			return err
		}
	}
	return env.Print(where, where.String)
}

// announcement is where a service is, and a first request to paste.
type announcement struct {
	Endpoint   string `json:"endpoint"`
	Operations string `json:"operations"`
	Example    string `json:"example,omitempty"`
}

func (a announcement) String() string {
	text := fmt.Sprintf("peering is ready at %s\noperations endpoints at %s", a.Endpoint, a.Operations)
	if a.Example != "" {
		text += "\n\nCreate a peering:\n\n" + a.Example + "\n"
	}
	return text
}

// exampleCommand answers the contract's example of createPeering as a curl command for a cluster. Another header is put in double
// quotes, in which a shell fills in variables.
func exampleCommand(endpoint string, encryption tlsFiles, cluster peering.ClusterRef, header string) (string, error) {
	const path = "/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering"
	body, err := exampleBody(path)
	if err != nil {
		return "", fmt.Errorf("example in the contract: %w", err)
	}
	url := endpoint + strings.NewReplacer("{project_id}", string(cluster.Project), "{cluster_id}", cluster.ID).Replace(path)
	if header != "" {
		header = ` -H "` + header + `"`
	}
	return fmt.Sprintf("curl -i%s -X POST %s -H 'Content-Type: application/json'%s -d '%s'", curlFlags(encryption), url, header, body), nil
}

// curlFlags are what curl needs for TLS. It trusts the server's own certificate where it is told to.
func curlFlags(encryption tlsFiles) string {
	flags := ""
	if encryption.used() {
		flags += " --cacert " + quoted(encryption.cert)
	}
	if encryption.clientCA != "" {
		flags += " --cert client.pem --key client-key.pem"
	}
	return flags
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+:@%", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
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
