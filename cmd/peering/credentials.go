package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
)

// credentials are what shows the service who calls: a token, keys, or neither.
type credentials struct {
	token, accessKey, secretKey string
}

// credentialsOf answers the credentials of the settings, read from files where these name some.
func credentialsOf(cfg settings, stdin io.Reader) (credentials, error) {
	if err := checkCredentials(cfg); err != nil {
		return credentials{}, usageError{err}
	}
	found := credentials{token: cfg.value(settingToken), accessKey: cfg.value(settingAccessKey), secretKey: cfg.value(settingSecretKey)}
	var err error
	if file := cfg[settingTokenFile]; file.value != "" {
		found.token, err = readSecretFile(file, "token", stdin)
	}
	if file := cfg[settingSecretKeyFile]; file.value != "" {
		found.secretKey, err = readSecretFile(file, "secret key", stdin)
	}
	return found, err
}

// checkCredentials answers what does not fit together. All credentials come from one place.
func checkCredentials(cfg settings) error {
	token, tokenFile, accessKey := cfg[settingToken], cfg[settingTokenFile], cfg[settingAccessKey]
	secretKey, secretKeyFile := cfg[settingSecretKey], cfg[settingSecretKeyFile]
	anyToken, anySecret := cmp.Or(token.from, tokenFile.from), cmp.Or(secretKey.from, secretKeyFile.from)
	switch {
	case token.value != "" && tokenFile.value != "":
		return fmt.Errorf("%s: a token and a file with a token are two ways to say the same; use one of them", anyToken)
	case secretKey.value != "" && secretKeyFile.value != "":
		return fmt.Errorf("%s: a secret key and a file with one are two ways to say the same; use one of them", anySecret)
	case anyToken != "" && cmp.Or(accessKey.from, anySecret) != "":
		return fmt.Errorf("%s, %s: a token and an access key are two ways to show who calls; use one of them",
			anyToken, cmp.Or(accessKey.from, anySecret))
	case (accessKey.value == "") != (anySecret == ""):
		return fmt.Errorf("%s: an access key and a secret key belong together; one of them is missing", cmp.Or(accessKey.from, anySecret))
	default:
		return nil
	}
}

// readSecretFile reads the secret that stands alone in a file, or on standard input.
func readSecretFile(file setting, what string, stdin io.Reader) (secret string, err error) {
	if file.value == "-" {
		return readSecret(stdin, what, "standard input")
	}
	opened, err := os.Open(file.value)
	if err != nil {
		return "", usageError{fmt.Errorf("%s: %w", file.from, err)}
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return readSecret(opened, what, file.from+" "+file.value)
}
