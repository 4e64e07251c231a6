package cli_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/config"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

// TestSettingPrecedence checks that flags take precedence over the environment,
// and the environment over the configuration file.
func TestSettingPrecedence(t *testing.T) {
	const config = `current_context: home
contexts:
  home: {endpoint: "http://home", project: home, token: canary-home}
  away: {endpoint: "http://away", access_key: away, secret_key_file: away.key, cacert: /away.pem}
  bare: {endpoint: "http://bare"}
`
	env := map[string]string{"PEERING_ENDPOINT": "http://env", "PEERING_PROJECT": "env", "PEERING_TOKEN": "canary-env"}
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		want map[string]string
	}{
		{"current context", nil, nil, map[string]string{"endpoint": "http://home", "project": "home", "token": "(not shown)"}},
		{"environment over context", nil, map[string]string{"PEERING_PROJECT": "env"},
			map[string]string{"endpoint": "http://home", "project": "env", "token": "(not shown)"}},
		{"flag over environment and context", []string{"--endpoint", "http://flag"}, env,
			map[string]string{"endpoint": "http://flag", "project": "env", "token": "(not shown)"}},
		{"all flags", []string{"--endpoint", "http://flag", "--project", "flag", "--token-file", "f"}, env,
			map[string]string{"endpoint": "http://flag", "project": "flag", "token_file": "f"}},
		{"credentials from flags only", []string{"--access-key", "flag", "--secret-key", "canary"}, env,
			map[string]string{"endpoint": "http://env", "project": "env", "access_key": "flag", "secret_key": "(not shown)"}},
		{"context selected by the environment, below other variables", nil,
			map[string]string{"PEERING_CONTEXT": "away", "PEERING_ENDPOINT": "http://env"},
			map[string]string{"endpoint": "http://env", "access_key": "away", "secret_key_file": "DIR/away.key", "cacert": "/away.pem"}},
		{"credentials from the environment only", nil, map[string]string{"PEERING_CONTEXT": "away", "PEERING_TOKEN": "canary"},
			map[string]string{"endpoint": "http://away", "token": "(not shown)", "cacert": "/away.pem"}},
		{"context selected by a flag, above the environment", []string{"--context", "away"}, env,
			map[string]string{"endpoint": "http://away", "project": "env", "access_key": "away", "secret_key_file": "DIR/away.key", "cacert": "/away.pem"}},
		{"context flag over context variable", []string{"--context", "bare"}, map[string]string{"PEERING_CONTEXT": "away"},
			map[string]string{"endpoint": "http://bare"}},
		{"flag over context selected by a flag", []string{"--context", "away", "--endpoint", "http://flag", "--token-file", "f"}, nil,
			map[string]string{"endpoint": "http://flag", "token_file": "f", "cacert": "/away.pem"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, getenv := withConfig(t, config, tt.env)
			out, errs := &harness.Buffer{}, &harness.Buffer{}
			code := harness.Run(t.Context(), append([]string{"context", "show", "-o", "json"}, tt.args...), out, errs, getenv)
			var shown []cli.SettingOutput
			if err := json.Unmarshal([]byte(out.String()), &shown); code != cli.ExitOK || err != nil {
				t.Fatalf("exited with %d: %s%s", code, out, errs)
			}
			got := map[string]string{}
			for _, s := range shown {
				got[s.Setting] = strings.Replace(s.Value, filepath.Dir(path), "DIR", 1)
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("settings are %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDefaultSettings(t *testing.T) {
	out := &harness.Buffer{}
	code := harness.Run(t.Context(), []string{"context", "show"}, out, out, harness.NoEnv)
	harness.WantOutput(t, code, out.String(), cli.ExitOK, []string{client.DefaultEndpoint, "default"})
	code = harness.Run(t.Context(), []string{"context", "show", "--context", "a"}, out, out, harness.NoEnv)
	harness.WantOutput(t, code, out.String(), cli.ExitUsage, []string{`"a"`, "HOME"})
}

func TestCredentialSettings(t *testing.T) {
	s := harness.StartWithIdentities(t, "--data-dir", t.TempDir())
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		mustWrite(t, path, text, 0o600)
		return path
	}
	token, secret := harness.Requester.Token(), harness.Requester.SecretKey()
	for _, tt := range []struct {
		name, config, stdin string
		args                []string
		code                int
		want                string
	}{
		{"token of a context", "token: " + token, "", nil, cli.ExitOK, "STATUS"},
		{"token file of a context", "token_file: " + file(token), "", nil, cli.ExitOK, "STATUS"},
		{"access key of a context", "access_key: " + harness.Requester.AccessKey() + ", secret_key: " + secret, "", nil, cli.ExitOK, "STATUS"},
		{"secret key file of a context", "access_key: " + harness.Requester.AccessKey() + ", secret_key_file: " + file(secret+"\n"), "", nil, cli.ExitOK, "STATUS"},
		{"--token", "", "", []string{"--token", token}, cli.ExitOK, "STATUS"},
		{"--token-file", "", "", []string{"--token-file", file(token + "\n")}, cli.ExitOK, "STATUS"},
		{"token on standard input", "", token + "\n", []string{"--token-file", "-"}, cli.ExitOK, "STATUS"},
		{"--access-key and --secret-key", "", "", []string{"--access-key", harness.Requester.AccessKey(), "--secret-key", secret}, cli.ExitOK, "STATUS"},
		{"secret key on standard input", "", secret, []string{"--access-key", harness.Requester.AccessKey(), "--secret-key-file", "-"}, cli.ExitOK, "STATUS"},
		{"wrong token", "token: " + harness.SecretMark, "", nil, cli.ExitForbidden, "VPC.0008"},
		{"missing file", "token_file: nowhere", "", nil, cli.ExitUsage, "nowhere"},
		{"empty file", "", "", []string{"--token-file", file("")}, cli.ExitUsage, "the token is missing"},
		{"two lines", "", token + "\n" + token, []string{"--token-file", "-"}, cli.ExitUsage, "more than one line"},
		{"empty standard input", "", "", []string{"--token-file", "-"}, cli.ExitUsage, "standard input"},
		{"token and token file", "", "", []string{"--token", token, "--token-file", "-"}, cli.ExitUsage, "not both"},
		{"secret key and secret key file", "access_key: a, secret_key: " + secret + ", secret_key_file: f", "", nil, cli.ExitUsage, "not both"},
		{"token and access key", "access_key: a, secret_key: " + secret + ", token: " + token, "", nil, cli.ExitUsage, "not both"},
		{"access key only", "access_key: a", "", nil, cli.ExitUsage, "one of them is missing"},
		{"no credentials", "", "", nil, cli.ExitUsage, "--token-file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, getenv := withConfig(t, "current_context: a\ncontexts:\n  a: {endpoint: '"+s.Endpoint+"', "+tt.config+"}\n", nil)
			out := &harness.Buffer{}
			env := command.NewEnv(strings.NewReader(tt.stdin), out, out, getenv)
			code := cli.Run(t.Context(), env, append([]string{"list"}, tt.args...), daemon.Commands)
			harness.WantOutput(t, code, out.String(), tt.code, []string{tt.want})
		})
	}
}

// TestSettingNames checks the names that the help documents.
func TestSettingNames(t *testing.T) {
	var got []string
	for _, s := range config.All {
		got = append(got, s.Flag()+" "+s.Variable())
	}
	for _, want := range []string{"endpoint PEERING_ENDPOINT", "token-file PEERING_TOKEN_FILE", "secret-key PEERING_SECRET_KEY"} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no %s", want)
		}
	}
}
