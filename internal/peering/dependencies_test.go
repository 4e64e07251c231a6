package peering_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestDomainImportsOnlyTheStandardLibrary(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.TrimSpace(string(out)), "github.com/peering/peering/internal/peering"; got != want {
		t.Errorf("dependencies outside the standard library: got %s, want only %s", got, want)
	}
}
