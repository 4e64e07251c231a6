package e2e_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// oldest are the oldest versions without known vulnerabilities or faults that matter here, of a module or of all modules
// below a path that ends in a slash.
var oldest = map[string]string{
	"github.com/labstack/echo/v4":   "v4.16.0",
	"github.com/getkin/kin-openapi": "v0.144.0",
	"go.etcd.io/etcd/":              "v3.7.1",
}

func TestDependenciesAreNotTooOld(t *testing.T) {
	data, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, required := range mod.Require {
		for path, version := range oldest {
			if required.Mod.Path != path && (!strings.HasSuffix(path, "/") || !strings.HasPrefix(required.Mod.Path, path)) {
				continue
			}
			seen[path] = true
			if semver.Compare(required.Mod.Version, version) < 0 {
				t.Errorf("%s is older than %s", required.Mod, version)
			}
		}
	}
	for path := range oldest {
		if !seen[path] {
			t.Errorf("nothing of %s is required; is it another module now?", path)
		}
	}
	for _, replaced := range mod.Replace {
		t.Errorf("%s is replaced, so that its version says nothing", replaced.Old)
	}
}
