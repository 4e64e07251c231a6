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
	nodeFolder   = "node_modules"
	pythonFolder = ".venv"
	pythonLock   = "requirements.txt"
)

// tools are the programs that install made, as absolute paths.
type tools struct {
	python, schemathesis, prism string
	// keystone is the folder of Keystone's programs.
	keystone string
}

// install brings what package-lock.json and requirements.txt pin into this folder, and Keystone into its own where it is asked
// for, as far as they are not there yet.
func install(ctx context.Context, withKeystone bool) (tools, error) {
	here, err := os.Getwd()
	if err != nil {
		return tools{}, err
	}
	var wait sync.WaitGroup
	var nodeErr, pythonErr, keystoneErr error
	wait.Go(func() { nodeErr = once(nodeFolder, "package-lock.json", func() error { return installNode(ctx) }) })
	wait.Go(func() { pythonErr = installPython(ctx, ".") })
	if withKeystone {
		wait.Go(func() { keystoneErr = installPython(ctx, keystoneFolder) })
	}
	wait.Wait()
	bin := filepath.Join(here, pythonFolder, "bin")
	return tools{
		python:       filepath.Join(bin, "python"),
		schemathesis: filepath.Join(bin, "schemathesis"),
		prism:        filepath.Join(here, nodeFolder, "@stoplight", "prism-cli", "dist", "index.js"),
		keystone:     filepath.Join(here, keystoneFolder, pythonFolder, "bin"),
	}, errors.Join(nodeErr, pythonErr, keystoneErr)
}

// installNode installs without the packages' own scripts: none is needed, and one reports the installation to a third party.
func installNode(ctx context.Context) error {
	_, err := capture(ctx, command{name: "npm", args: []string{"ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"}})
	return err
}

// installPython installs what the requirements.txt of a folder pins into an environment in the same folder.
func installPython(ctx context.Context, folder string) error {
	environment, lock := filepath.Join(folder, pythonFolder), filepath.Join(folder, pythonLock)
	return once(environment, lock, func() error {
		if _, err := capture(ctx, command{name: "python3", args: []string{"-m", "venv", "--clear", environment}}); err != nil {
			return err
		}
		_, err := capture(ctx, command{name: filepath.Join(environment, "bin", "python"), args: []string{
			"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", lock,
		}})
		return err
	})
}

// once runs an installation into a folder unless the folder was made from the same lock file before.
func once(folder, lock string, installation func() error) error {
	text, err := os.ReadFile(lock) //nolint:gosec // the names of lock files are written in this program
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	want := []byte(hex.EncodeToString(sum[:]))
	stamp := filepath.Join(folder, ".conformance")
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, want) { //nolint:gosec // as above
		return nil
	}
	fmt.Fprintf(os.Stderr, "installing what %s pins\n", lock)
	if err := installation(); err != nil {
		return fmt.Errorf("install %s: %w", folder, err)
	}
	return os.WriteFile(stamp, want, 0o600) //nolint:gosec // as above
}
