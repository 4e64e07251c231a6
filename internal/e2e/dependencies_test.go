package e2e_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// minVersions are the oldest versions without known vulnerabilities or bugs that
// affect the service. A path with a trailing slash stands for all modules below
// it.
var minVersions = map[string]string{
	"github.com/labstack/echo/v4":   "v4.16.0",
	"github.com/getkin/kin-openapi": "v0.144.0",
	"go.etcd.io/etcd/":              "v3.7.1",
}

func TestDependenciesHaveMinVersions(t *testing.T) {
	data, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, required := range mod.Require {
		for path, version := range minVersions {
			if required.Mod.Path != path && (!strings.HasSuffix(path, "/") || !strings.HasPrefix(required.Mod.Path, path)) {
				continue
			}
			found[path] = true
			if semver.Compare(required.Mod.Version, version) < 0 {
				t.Errorf("go.mod requires %s, want at least %s", required.Mod, version)
			}
		}
	}
	for path := range minVersions {
		if !found[path] {
			t.Errorf("go.mod does not require %s", path)
		}
	}
	for _, replaced := range mod.Replace {
		t.Errorf("go.mod replaces %s, so its version proves nothing", replaced.Old)
	}
}
