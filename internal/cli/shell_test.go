package cli_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// completing are scripts for shells that load what 'peering completion' prints, and print what is offered for 'peering show '.
var completing = map[string]string{
	// What the package bash-completion brings, as far as it is needed.
	"bash": `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cword=$COMP_CWORD words=("${COMP_WORDS[@]}"); }
compopt() { :; } # it only works where a key was pressed
source <(peering completion bash) || exit
complete -p peering || exit
COMP_LINE='peering show ' COMP_POINT=13 COMP_TYPE=9 COMP_WORDS=(peering show '') COMP_CWORD=2
__start_peering
printf 'offered %s\n' "${COMPREPLY[@]}"
`,
	// In place of the menu the offers are printed.
	"zsh": `
autoload -U compinit && compinit -u -D || exit
source <(peering completion zsh) || exit
print -- $_comps[peering]
_describe() { print -rl -- "offered "${^completions} }
words=(peering show '') CURRENT=3
_peering
`,
	"fish": `
peering completion fish | source; or exit
for line in (complete -C 'peering show ')
  echo offered $line
end
`,
}

// TestShellsComplete loads the scripts in the shells that are installed, and completes an id that only the service knows.
func TestShellsComplete(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	made, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	mustWrite(t, filepath.Join(bin, "peering"), "#!/bin/sh\n"+harness.AsProgram+"=1 exec '"+os.Args[0]+"' \"$@\"\n", 0o700)
	for shell, script := range completing {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed; 'make conformance' installs it where it can", shell)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, path, "-c", script)
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
				"HOME="+t.TempDir(), "PEERING_ENDPOINT="+s.Endpoint, "PEERING_PROJECT="+harness.Project)
			shown, err := cmd.CombinedOutput()
			harness.CheckForSecrets("a shell", shown)
			if err != nil || !strings.Contains(string(shown), "offered "+made.ID) {
				t.Errorf("%v; shown is\n%s", err, shown)
			}
			if lines := strings.Split(strings.TrimSpace(string(shown)), "\n"); len(lines) > 2 {
				t.Errorf("more is shown than what is offered:\n%s", shown)
			}
		})
	}
}
