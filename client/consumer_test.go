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

// mostModules is how many modules beside this one a consumer of the SDK may link.
const mostModules = 5

// consumer is a program that uses the SDK.
const consumer = `package main

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

// TestConsumersModule builds a module that uses the SDK, from nothing but what this one needs itself, and counts the modules
// whose packages it links.
func TestConsumersModule(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": consumer, "go.mod": consumersModFile(t), "go.sum": readFile(t, "../go.sum")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inConsumer(t, dir, "build", "-o", "consumer", ".")
	modules := linkedModules(t, inConsumer(t, dir, "list", "-deps", "-json=ImportPath,Module,Standard", "."))
	t.Logf("a consumer links %d modules beside this one: %s", len(modules), strings.Join(modules, ", "))
	if len(modules) == 0 || len(modules) > mostModules {
		t.Errorf("%d modules, want 1 to %d", len(modules), mostModules)
	}
}

// consumersModFile answers a go.mod that needs this module, as it lies here, in the versions that this one needs itself.
func consumersModFile(t *testing.T) string {
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
		// What is named here is looked up nowhere else, so nothing is needed that this module does not need.
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

// inConsumer runs the go command in the consumer's module. It may not use the network.
func inConsumer(t *testing.T, dir string, args ...string) string {
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

// linkedModules answers the modules of the packages that go list has printed, without the consumer's own and this one.
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
