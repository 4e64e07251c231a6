package cli_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

// withConfig returns an environment with a configuration file.
func withConfig(t *testing.T, text string, env map[string]string) (path string, getenv func(string) string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "peering", "config.yaml")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, path, text, 0o600)
	return path, func(name string) string {
		if name == "XDG_CONFIG_HOME" {
			return dir
		}
		return env[name]
	}
}

// TestInvalidConfigurationFiles checks that errors name the file, the line and
// what to do.
func TestInvalidConfigurationFiles(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       string
		want       []string
	}{
		{"unknown name", "current_context: a\ncolour: red\ncontexts:\n  a: {}\n", ":2:", []string{`"colour"`, "current_context and contexts"}},
		{"unknown setting", "contexts:\n  a:\n    endpoint: http://127.0.0.1:1\n    tokn: canary\n", ":4:", []string{`"tokn"`, "token_file"}},
		{"unclosed list", "contexts:\n  a: [\n", ":2:", []string{"invalid YAML"}},
		{"tab", "contexts:\n\ta: {}\n", ":2:", []string{"invalid YAML"}},
		{"two documents", "contexts: {}\n---\ncontexts: {}\n", ":", []string{"more than one"}},
		{"list", "- a\n", ":1:", []string{"must be a mapping"}},
		{"contexts is a text", "contexts: a\n", ":1:", []string{"contexts"}},
		{"context is a text", "contexts:\n  a: http://127.0.0.1:1\n", ":2:", []string{"context a", "endpoint:"}},
		{"setting is a list", "contexts:\n  a:\n    token: [canary]\n", ":3:", []string{`"token"`, "non-empty text"}},
		{"setting without a value", "contexts:\n  a:\n    project:\n", ":3:", []string{`"project"`}},
		{"duplicate name", "contexts:\n  a: {}\n  b: {}\n  a: {}\n", ":4:", []string{`"a"`, "duplicate"}},
		{"name is a list", "contexts:\n  [a]: {}\n", ":2:", []string{"not a text"}},
		{"undefined alias", "contexts:\n  a: *b\n", "", []string{"invalid YAML"}},
		{"unknown current context", "contexts:\n  a: {}\ncurrent_context: b\n", ":3:", []string{`"b"`, "it defines a", "peering context use"}},
		{"too long", "contexts: {} #" + strings.Repeat("x", 1<<20), "", []string{"longer than"}},
	} {
		for _, args := range [][]string{{"list", "--project", harness.Project}, {"context", "list"}, {"context", "show"}} {
			t.Run(tt.name+"/"+strings.Join(args[:2], " "), func(t *testing.T) {
				path, getenv := withConfig(t, tt.text, nil)
				out, errs := &harness.Buffer{}, &harness.Buffer{}
				code := harness.Run(t.Context(), args, out, errs, getenv)
				harness.WantOutput(t, code, errs.String(), cli.ExitUsage, append([]string{path + tt.line}, tt.want...))
				if out.String() != "" {
					t.Errorf("printed %s", out)
				}
				wantFile(t, path, tt.text)
			})
		}
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the file is %q, %v; want %q", got, err, want)
	}
}

func TestConfigurationFileWithSecretsMustBePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes")
	}
	const open, secret = "contexts:\n  a: {token_file: t}\n", "contexts:\n  a: {token: canary}\n"
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		code       int
	}{
		{"secrets, owner only", secret, 0o600, cli.ExitOK},
		{"secrets, group", secret, 0o640, cli.ExitUsage},
		{"secrets, everybody", secret, 0o604, cli.ExitUsage},
		{"no secrets, everybody", open, 0o644, cli.ExitOK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, getenv := withConfig(t, tt.text, nil)
			mustWrite(t, path, tt.text, tt.mode)
			log := &harness.Buffer{}
			code := harness.Run(t.Context(), []string{"context", "show"}, log, log, getenv)
			var want []string
			if tt.code != cli.ExitOK {
				want = []string{path, "chmod 600 " + path}
			}
			harness.WantOutput(t, code, log.String(), tt.code, want)
		})
	}
}

func TestConfigurationFileIsADirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "peering", "config.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	log := &harness.Buffer{}
	code := harness.Run(t.Context(), []string{"context", "list"}, log, log, func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": dir}[name]
	})
	harness.WantOutput(t, code, log.String(), cli.ExitUsage, []string{filepath.Join(dir, "peering", "config.yaml"), "not a regular file"})
}

// TestContextUse checks that only the current context changes in the file.
func TestContextUse(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"followed by a comment", "current_context: a # why\ncontexts: {a: {}, b: {}}\n", "current_context: b # why\ncontexts: {a: {}, b: {}}\n"},
		{"quoted", "contexts: {a: {}, b: {}}\ncurrent_context: \"a\"\n", "contexts: {a: {}, b: {}}\ncurrent_context: b\n"},
		{"no final line break", "contexts: {a: {}, b: {}}\ncurrent_context: a", "contexts: {a: {}, b: {}}\ncurrent_context: b"},
		{"CRLF", "current_context: a\r\ncontexts: {a: {}, b: {}}\r\n", "current_context: b\r\ncontexts: {a: {}, b: {}}\r\n"},
		{"absent", "# mine\ncontexts: {a: {}, b: {}}\n", "current_context: b\n# mine\ncontexts: {a: {}, b: {}}\n"},
		{"undefined context", "current_context: c\ncontexts: {a: {}, b: {}}\n", "current_context: b\ncontexts: {a: {}, b: {}}\n"},
		{"after multibyte characters", "{contexts: {é: {}, b: {}}, current_context: é} # é\n", "{contexts: {é: {}, b: {}}, current_context: b} # é\n"},
		{"flow style", "{current_context: a, contexts: {a: {}, b: {}}}\n", "{current_context: b, contexts: {a: {}, b: {}}}\n"},
		{"alias", "contexts: {&x a: {}, b: {}}\ncurrent_context: *x\n", ""},
		{"block scalar", "contexts: {a: {}, b: {}}\ncurrent_context: >-\n  a\n", ""},
		{"tag", "contexts: {a: {}, b: {}}\ncurrent_context: !!str a\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, getenv := withConfig(t, tt.text, nil)
			mustWrite(t, path, tt.text, 0o644)
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			log := &harness.Buffer{}
			code := harness.Run(t.Context(), []string{"context", "use", "b"}, log, log, getenv)
			if tt.want == "" {
				harness.WantOutput(t, code, log.String(), cli.ExitUsage, []string{path})
				wantFile(t, path, tt.text)
				return
			}
			harness.WantOutput(t, code, log.String(), cli.ExitOK, []string{"*"})
			wantFile(t, path, tt.want)
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || os.SameFile(info, before) {
				t.Errorf("the file has mode %v, %v; want a new file with mode 0600", info.Mode(), err)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
				t.Errorf("left-over files: %v, %v", left, err)
			}
		})
	}
}

func TestContextUseFollowsSymlinks(t *testing.T) {
	path, getenv := withConfig(t, "", nil)
	target := filepath.Join(t.TempDir(), "dotfile")
	mustWrite(t, target, "contexts: {a: {}}\n", 0o600)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skip("no symbolic links:", err)
	}
	log := &harness.Buffer{}
	code := harness.Run(t.Context(), []string{"context", "use", "a"}, log, log, getenv)
	harness.WantOutput(t, code, log.String(), cli.ExitOK, nil)
	wantFile(t, target, "current_context: a\ncontexts: {a: {}}\n")
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
}

func mustWrite(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // despite the umask
		t.Fatal(err)
	}
}
