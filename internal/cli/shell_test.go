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

// shellScripts load the output of 'peering completion' in a shell and print what
// the shell offers for 'peering show '.
var shellScripts = map[string]string{
	// Stands in for the package bash-completion.
	"bash": `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cword=$COMP_CWORD words=("${COMP_WORDS[@]}"); }
compopt() { :; } # works only during interactive completion
source <(peering completion bash) || exit
complete -p peering || exit
COMP_LINE='peering show ' COMP_POINT=13 COMP_TYPE=9 COMP_WORDS=(peering show '') COMP_CWORD=2
__start_peering
printf 'offered %s\n' "${COMPREPLY[@]}"
`,
	// Prints what the menu would show.
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

// TestShellCompletion completes a peering id in each installed shell.
func TestShellCompletion(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	created, err := s.As(t, s.Project).CreatePeering(t.Context(), s.ClusterID, client.PeeringCreate{Name: "n", VPCID: s.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	mustWrite(t, filepath.Join(bin, "peering"), "#!/bin/sh\n"+harness.AsProgram+"=1 "+harness.NoExitDelay()+" exec '"+os.Args[0]+"' \"$@\"\n", 0o700)
	for shell, script := range shellScripts {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed; 'make conformance' installs it where it can", shell)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, path, "-c", script)
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
				"HOME="+t.TempDir(), "PEERING_ENDPOINT="+s.Endpoint, "PEERING_PROJECT="+s.Project)
			shown, err := cmd.CombinedOutput()
			harness.CheckForSecrets("a shell", shown)
			if err != nil || !strings.Contains(string(shown), "offered "+created.ID) {
				t.Errorf("%v; output is\n%s", err, shown)
			}
			if lines := strings.Split(strings.TrimSpace(string(shown)), "\n"); len(lines) > 2 {
				t.Errorf("unexpected output:\n%s", shown)
			}
		})
	}
}
