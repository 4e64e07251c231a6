package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/config"
)

func tokenCommand(env *command.Env) *cobra.Command {
	cmd := command.Group(&cobra.Command{
		Use:     "token",
		Short:   "Create tokens and hashes for a credentials file",
		Example: "  peering token new\n  peering token hash < token.txt",
		Long: `Create tokens and hashes for the credentials file of 'peering serve --auth file:PATH':

  tokens:
    - sha256: output of 'peering token hash'
      project_id: 4f30b9215e054c908d18f2b150131646
      user: alice
      roles: [admin]                    # admin may do everything, reader may list and show
      expires_at: 2027-01-01T00:00:00Z  # optional
  access_keys:
    - access_key: AKEXAMPLE
      secret_key: in plain text, so only the file's owner should be able to read it
      project_id: 4f30b9215e054c908d18f2b150131646
      user: bob
      roles: [reader]

The service reloads a changed file within two seconds. If the file is invalid, the service logs why and keeps the old one.`,
	})
	cmd.AddCommand(tokenHashCommand(env), tokenNewCommand(env))
	return cmd
}

// tokenOutput is what the token commands print.
type tokenOutput struct {
	Token  string `json:"token,omitempty"`
	SHA256 string `json:"sha256"`
}

func tokenHashCommand(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "hash",
		Short:             "Read a token from standard input and print its SHA-256",
		Long:              "Read a token from standard input and print its SHA-256. It is not an argument because other users can read those.",
		Example:           "  peering token hash < token.txt",
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: command.Run(func(context.Context, []string) error {
			token, err := config.ReadSecret(env.Stdin, "token", "standard input")
			if err != nil {
				return err
			}
			result := tokenOutput{SHA256: tokenHash(token)}
			return env.Print(result, func() string { return result.SHA256 })
		}),
	}
}

func tokenNewCommand(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "new",
		Short: "Print a new token and its SHA-256",
		Long: `Print a new token of 256 random bits and its SHA-256. The token is for its user, the hash for the credentials file. The
token can't be shown again.`,
		Example:           "  peering token new\n  peering token new -o json",
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: command.Run(func(context.Context, []string) error {
			token := newToken()
			result := tokenOutput{Token: token, SHA256: tokenHash(token)}
			return env.Print(result, func() string { return fmt.Sprintf("token: %s\nsha256: %s", result.Token, result.SHA256) })
		}),
	}
}

func newToken() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never returns an error
	return base64.RawURLEncoding.EncodeToString(random)
}

func tokenHash(token string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(token)))
}
