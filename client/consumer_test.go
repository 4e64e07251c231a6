package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// maxModules is the maximum number of other modules that a program using the SDK
// links.
const maxModules = 5

// consumerProgram is a program that uses the SDK.
const consumerProgram = `package main

import (
	"context"
	"fmt"

	"github.com/peering/peering/client"
)

func main() {
	c, err := client.FromEnv(client.WithProject("4f30b9215e054c908d18f2b150131646"))
	if err != nil {
		panic(err)
	}
	for p, err := range c.AllVPCPeerings(context.Background(), client.VPCPeeringQuery{}) {
		fmt.Println(p.Name, err)
	}
}
`

// TestConsumerLinksFewModules builds a module that uses the SDK, offline and
// with the requirements of this module only, and counts the modules it links.
func TestConsumerLinksFewModules(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.go": consumerProgram, "go.mod": consumerModFile(t), "go.sum": readFile(t, "../go.sum"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runGo(t, dir, "build", "-o", "consumer", ".")
	modules := linkedModules(t, runGo(t, dir, "list", "-deps", "-json=ImportPath,Module,Standard", "."))
	t.Logf("a consumer links %d other modules: %s", len(modules), strings.Join(modules, ", "))
	if len(modules) == 0 || len(modules) > maxModules {
		t.Errorf("linked %d modules, want 1 to %d", len(modules), maxModules)
	}
}

// consumerModFile returns a go.mod that requires this module, replaced by the
// working tree, and everything that this module requires.
func consumerModFile(t *testing.T) string {
	t.Helper()
	own, err := modfile.Parse("go.mod", []byte(readFile(t, "../go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var m modfile.File
	err = errors.Join(
		m.AddModuleStmt("consumer.test"), m.AddGoStmt(own.Go.Version),
		m.AddRequire(own.Module.Mod.Path, "v0.0.0"), m.AddReplace(own.Module.Mod.Path, "", root, ""))
	for _, r := range own.Require {
		// Listing every version keeps the go command from looking up others.
		m.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
	}
	text, formatErr := m.Format()
	if err := errors.Join(err, formatErr); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// runGo runs the go command in a directory, without network access, and returns
// its output.
func runGo(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// linkedModules returns the modules in the output of go list, without the
// consumer and this module.
func linkedModules(t *testing.T, packages string) []string {
	t.Helper()
	var modules []string
	for decoder := json.NewDecoder(strings.NewReader(packages)); ; {
		var p struct {
			ImportPath string
			Standard   bool
			Module     struct{ Path string }
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		own := p.Module.Path == "consumer.test" || p.Module.Path == "github.com/peering/peering"
		if !p.Standard && !own && !slices.Contains(modules, p.Module.Path) {
			modules = append(modules, p.Module.Path)
		}
	}
	slices.Sort(modules)
	return modules
}
