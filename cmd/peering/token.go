package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// maxTokenLine is how long the line with a token may be, in bytes: as long as the service takes a token.
const maxTokenLine = 16 << 10

func (p *program) tokenCommand() *cobra.Command {
	cmd := group(&cobra.Command{
		Use:     "token",
		Short:   "Make tokens and hashes for a file of credentials",
		Example: "  peering token new\n  peering token hash < token.txt",
		Long: `Make tokens and hashes for the file of credentials that 'peering serve --auth file:PATH' reads:

  tokens:
    - sha256: what 'peering token hash' prints
      project_id: 4f30b9215e054c908d18f2b150131646
      user: alice
      roles: [admin]                    # admin does everything, reader lists and shows
      expires_at: 2027-01-01T00:00:00Z  # may be left out
  access_keys:
    - access_key: AKEXAMPLE
      secret_key: as it is, so the file should be readable by its owner only
      project_id: 4f30b9215e054c908d18f2b150131646
      user: bob
      roles: [reader]

The service takes a changed file within two seconds. A broken one leaves the old one in force, which its log says.`,
	})
	cmd.AddCommand(p.tokenHashCommand(), p.tokenNewCommand())
	return cmd
}

// madeToken is what the token commands print.
type madeToken struct {
	Token  string `json:"token,omitempty"`
	SHA256 string `json:"sha256"`
}

func (p *program) tokenHashCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "hash",
		Short:             "Read a token from standard input and print its SHA-256",
		Long:              "Read a token from standard input and print its SHA-256. It is never an argument: others can read those.",
		Example:           "  peering token hash < token.txt",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: p.action(func(context.Context, []string) error {
			token, err := readSecret(p.stdin, "token", "standard input")
			if err != nil {
				return err
			}
			made := madeToken{SHA256: tokenHash(token)}
			return p.print(made, func() string { return made.SHA256 })
		}),
	}
}

func (p *program) tokenNewCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new",
		Short: "Print a new token and its SHA-256",
		Long: `Print a new token of 256 random bits and its SHA-256. The token is for its user, the hash for the file; the token is
shown this once.`,
		Example:           "  peering token new\n  peering token new -o json",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: p.action(func(context.Context, []string) error {
			token := newToken()
			made := madeToken{Token: token, SHA256: tokenHash(token)}
			return p.print(made, func() string { return fmt.Sprintf("token: %s\nsha256: %s", made.Token, made.SHA256) })
		}),
	}
}

// readSecret reads the secret on the first line, which must be the only one. The errors call it what, and its place where.
func readSecret(r io.Reader, what, where string) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTokenLine+2+1)) // the end of the line may take two bytes
	if err != nil {
		return "", fmt.Errorf("read the %s from %s: %w", what, where, err)
	}
	advance, line, err := bufio.ScanLines(data, true)
	secret := string(line)
	switch {
	case err != nil || secret == "":
		return "", usageError{fmt.Errorf("%s: there is no %s", where, what)}
	case len(secret) > maxTokenLine:
		return "", usageError{fmt.Errorf("%s: the %s is longer than %d bytes", where, what, maxTokenLine)}
	case advance < len(data):
		return "", usageError{fmt.Errorf("%s: there is more than one line; the %s must be the only one", where, what)}
	case strings.ContainsFunc(secret, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", usageError{fmt.Errorf("%s: the %s has a space or another character that none has", where, what)}
	}
	return secret, nil
}

func newToken() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

func tokenHash(token string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(token)))
}
