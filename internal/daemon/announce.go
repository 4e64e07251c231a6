package daemon

import (
	"encoding/json"
	"fmt"
	"strings"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/peering"
)

// announcement tells where a service listens, and holds a first request to
// paste.
type announcement struct {
	Endpoint string `json:"endpoint"`
	Admin    string `json:"admin"`
	Example  string `json:"example,omitempty"`
}

func (a announcement) String() string {
	text := fmt.Sprintf("peering is ready at %s\nadmin endpoints at %s", a.Endpoint, a.Admin)
	if a.Example != "" {
		text += "\n\nCreate a peering:\n\n" + a.Example + "\n"
	}
	return text
}

// announce prints the URLs of the listeners and, if the inventory has a
// cluster, a curl command that creates a peering of it.
func announce(env *command.Env, cfg serveConfig, l listeners, clusters []peering.Cluster) error {
	tls := cfg.network.tls
	scheme := "http://"
	if tls.enabled() {
		scheme = "https://"
	}
	a := announcement{Endpoint: scheme + l.api.Addr().String(), Admin: "http://" + l.admin.Addr().String()}
	if len(clusters) > 0 {
		var err error
		if a.Example, err = exampleCommand(a.Endpoint, tls, clusters[0].ClusterRef, cfg.auth.header()); err != nil {
			return err
		}
	}
	return env.Print(a, a.String)
}

// exampleCommand returns the contract's example of createPeering as a curl
// command for a cluster. The header is put in double quotes, in which shells
// expand variables.
func exampleCommand(endpoint string, tls tlsFiles, cluster peering.ClusterRef, header string) (string, error) {
	const path = "/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering"
	body, err := exampleBody(path)
	if err != nil {
		return "", fmt.Errorf("example in the contract: %w", err)
	}
	url := endpoint + strings.NewReplacer("{project_id}", string(cluster.Project), "{cluster_id}", cluster.ID).Replace(path)
	if header != "" {
		header = ` -H "` + header + `"`
	}
	return fmt.Sprintf("curl -i%s -X POST %s -H 'Content-Type: application/json'%s -d '%s'", curlFlags(tls), url, header, body), nil
}

// curlFlags returns the flags with which curl trusts the server's certificate
// and shows one of its own.
func curlFlags(tls tlsFiles) string {
	flags := ""
	if tls.enabled() {
		flags += " --cacert " + shellQuote(tls.cert)
	}
	if tls.clientCA != "" {
		flags += " --cert client.pem --key client-key.pem"
	}
	return flags
}

// shellQuote quotes a word for a POSIX shell if it needs quotes.
func shellQuote(word string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+:@%", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// exampleBody returns the request example named "seed" of the POST operation at
// a path of the contract.
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
