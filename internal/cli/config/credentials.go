package config

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/peering/peering/internal/cli/command"
)

// maxSecret is the maximum length of a token or secret key in bytes, that of
// the service.
const maxSecret = 16 << 10

// Credentials authenticate the caller: a token, a pair of keys, or neither.
type Credentials struct {
	Token, AccessKey, SecretKey string
}

// ReadCredentials returns the credentials in the settings, read from the files
// that these name.
func ReadCredentials(s Settings, stdin io.Reader) (Credentials, error) {
	if err := CheckCredentials(s); err != nil {
		return Credentials{}, err
	}
	found := Credentials{Token: s.Text(Token), AccessKey: s.Text(AccessKey), SecretKey: s.Text(SecretKey)}
	var err error
	if file := s[TokenFile]; file.Text != "" {
		found.Token, err = readSecretFile(file, "token", stdin)
	}
	if file := s[SecretKeyFile]; file.Text != "" {
		found.SecretKey, err = readSecretFile(file, "secret key", stdin)
	}
	return found, err
}

// CheckCredentials returns a usage error if the credentials in the settings
// contradict each other or are incomplete.
func CheckCredentials(s Settings) error {
	token, tokenFile, accessKey := s[Token], s[TokenFile], s[AccessKey]
	secretKey, secretKeyFile := s[SecretKey], s[SecretKeyFile]
	anyToken, anySecret := cmp.Or(token.From, tokenFile.From), cmp.Or(secretKey.From, secretKeyFile.From)
	switch {
	case token.Text != "" && tokenFile.Text != "":
		return command.Usagef("%s: set either the token or the token file, not both", anyToken)
	case secretKey.Text != "" && secretKeyFile.Text != "":
		return command.Usagef("%s: set either the secret key or the secret key file, not both", anySecret)
	case anyToken != "" && cmp.Or(accessKey.From, anySecret) != "":
		return command.Usagef("%s, %s: set either a token or an access key, not both",
			anyToken, cmp.Or(accessKey.From, anySecret))
	case (accessKey.Text == "") != (anySecret == ""):
		return command.Usagef("%s: an access key needs a secret key and the other way round; one of them is missing",
			cmp.Or(accessKey.From, anySecret))
	default:
		return nil
	}
}

func readSecretFile(file Value, what string, stdin io.Reader) (secret string, err error) {
	if file.Text == "-" {
		return ReadSecret(stdin, what, "standard input")
	}
	opened, err := os.Open(file.Text)
	if err != nil {
		return "", command.Usagef("%s: %w", file.From, err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return ReadSecret(opened, what, file.From+" "+file.Text)
}

// ReadSecret reads a secret that is the only line of r. Errors describe the
// secret as what and the reader as where.
func ReadSecret(r io.Reader, what, where string) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSecret+2+1)) // a line break has up to two bytes
	if err != nil {
		return "", fmt.Errorf("read the %s from %s: %w", what, where, err)
	}
	advance, line, err := bufio.ScanLines(data, true)
	secret := string(line)
	switch {
	case err != nil || secret == "":
		return "", command.Usagef("%s: the %s is missing", where, what)
	case len(secret) > maxSecret:
		return "", command.Usagef("%s: the %s is longer than %d bytes", where, what, maxSecret)
	case advance < len(data):
		return "", command.Usagef("%s: more than one line; the %s must be the only one", where, what)
	case strings.ContainsFunc(secret, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", command.Usagef("%s: the %s contains a space or another invalid character", where, what)
	}
	return secret, nil
}
