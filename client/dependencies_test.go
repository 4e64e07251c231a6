package client_test

import (
	"os/exec"
	"strings"
	"testing"
)

// An SDK must not weigh its users down with what the server is made of.
func TestSDKLinksNothingOfTheServer(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dependency := range strings.Lines(string(out)) {
		for _, heavy := range []string{"labstack/echo", "getkin/kin-openapi", "etcd", "google.golang.org/grpc", "/peering/server", "/internal/peering", "clienttest", "net/http/httptest"} {
			if strings.Contains(dependency, heavy) && !strings.HasPrefix(dependency, "internal/") {
				t.Errorf("the SDK links %s", strings.TrimSpace(dependency))
			}
		}
	}
}
