package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// maxTokenLine is how long the line with a token may be, in bytes: as long as the service takes a token.
const maxTokenLine = 16 << 10

func (p *program) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make tokens and hashes for a file of credentials",
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
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:     "hash",
			Short:   "Read a token from standard input and print its SHA-256",
			Example: "  peering token hash < token.txt",
			Args:    cobra.NoArgs,
			RunE: p.action(func(context.Context, []string) error {
				token, err := readToken(p.stdin)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(p.stdout, tokenHash(token))
				return err
			}),
		},
		&cobra.Command{
			Use:   "new",
			Short: "Print a new token and its SHA-256",
			Long: `Print a new token of 256 random bits and its SHA-256. The token is for its user, the hash for the file; the token is
shown this once.`,
			Args: cobra.NoArgs,
			RunE: p.action(func(context.Context, []string) error {
				token := newToken()
				_, err := fmt.Fprintf(p.stdout, "token: %s\nsha256: %s\n", token, tokenHash(token))
				return err
			}),
		},
	)
	return cmd
}

// readToken reads the token on the first line, which must be the only one. It is never an argument: others can read those.
func readToken(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTokenLine+2+1)) // the end of the line may take two bytes
	if err != nil {
		return "", fmt.Errorf("read the token from standard input: %w", err)
	}
	advance, line, err := bufio.ScanLines(data, true)
	token := string(line)
	switch {
	case err != nil || token == "":
		return "", usageError{errors.New("there is no token on standard input")}
	case len(token) > maxTokenLine:
		return "", usageError{fmt.Errorf("the token on standard input is longer than %d bytes", maxTokenLine)}
	case advance < len(data):
		return "", usageError{errors.New("standard input has more than one line; the token must be the only one")}
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", usageError{errors.New("the token on standard input has a space or another character that no token has")}
	}
	return token, nil
}

func newToken() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

func tokenHash(token string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(token)))
}
