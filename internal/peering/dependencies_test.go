package peering_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestDomainImportsOnlyTheStandardLibrary(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.TrimSpace(string(out)), "github.com/peering/peering/internal/peering"; got != want {
		t.Errorf("dependencies outside the standard library: got %s, want only %s", got, want)
	}
}
