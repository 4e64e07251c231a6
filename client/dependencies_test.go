package client_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestSDKDoesNotLinkTheServer(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dependency := range strings.Lines(string(out)) {
		for _, forbidden := range []string{
			"labstack/echo", "getkin/kin-openapi", "etcd", "google.golang.org/grpc",
			"/peering/server", "/internal/peering", "clienttest", "net/http/httptest",
		} {
			if strings.Contains(dependency, forbidden) && !strings.HasPrefix(dependency, "internal/") {
				t.Errorf("the SDK links %s", strings.TrimSpace(dependency))
			}
		}
	}
}
