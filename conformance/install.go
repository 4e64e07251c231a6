package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

const (
	contractFile = "../openapi.yaml"
	nodeDir      = "node_modules"
	pythonDir    = ".venv"
	pythonLock   = "requirements.txt"
)

// tools are the absolute paths of the installed programs.
type tools struct {
	python, schemathesis, prism string
	// keystone is the directory of Keystone's programs.
	keystone string
}

// install installs the versions pinned in package-lock.json and
// requirements.txt into this directory, and Keystone into its own if
// withKeystone is set. It skips what is already installed.
func install(ctx context.Context, withKeystone bool) (tools, error) {
	here, err := os.Getwd()
	if err != nil {
		return tools{}, err
	}
	var wait sync.WaitGroup
	var nodeErr, pythonErr, keystoneErr error
	wait.Go(func() {
		nodeErr = installIfChanged(nodeDir, "package-lock.json", func() error { return installNode(ctx) })
	})
	wait.Go(func() { pythonErr = installPython(ctx, ".") })
	if withKeystone {
		wait.Go(func() { keystoneErr = installPython(ctx, keystoneDir) })
	}
	wait.Wait()
	bin := filepath.Join(here, pythonDir, "bin")
	return tools{
		python:       filepath.Join(bin, "python"),
		schemathesis: filepath.Join(bin, "schemathesis"),
		prism:        filepath.Join(here, nodeDir, "@stoplight", "prism-cli", "dist", "index.js"),
		keystone:     filepath.Join(here, keystoneDir, pythonDir, "bin"),
	}, errors.Join(nodeErr, pythonErr, keystoneErr)
}

// installNode installs the npm packages without running their scripts: none is
// needed, and one reports the installation to a third party.
func installNode(ctx context.Context) error {
	_, err := output(ctx, command{name: "npm", args: []string{
		"ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
	}})
	return err
}

// installPython installs the requirements.txt of a directory into a virtual
// environment in the same directory.
func installPython(ctx context.Context, dir string) error {
	environment, lock := filepath.Join(dir, pythonDir), filepath.Join(dir, pythonLock)
	return installIfChanged(environment, lock, func() error {
		_, err := output(ctx, command{name: "python3", args: []string{"-m", "venv", "--clear", environment}})
		if err != nil {
			return err
		}
		_, err = output(ctx, command{name: filepath.Join(environment, "bin", "python"), args: []string{
			"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", lock,
		}})
		return err
	})
}

// installIfChanged runs an installation into dir unless dir was installed from
// the same lock file before.
func installIfChanged(dir, lock string, installation func() error) error {
	text, err := os.ReadFile(lock) //nolint:gosec // the names of lock files are constants
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	want := []byte(hex.EncodeToString(sum[:]))
	stamp := filepath.Join(dir, ".conformance")
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, want) { //nolint:gosec // as above
		return nil
	}
	fmt.Fprintf(os.Stderr, "installing the packages pinned in %s\n", lock)
	if err := installation(); err != nil {
		return fmt.Errorf("install %s: %w", dir, err)
	}
	return os.WriteFile(stamp, want, 0o600) //nolint:gosec // as above
}
