package iam

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/internal/signature"
)

// credentials are the content of a credentials file. They are immutable.
type credentials struct {
	tokens     map[[sha256.Size]byte]tokenEntry
	accessKeys map[string]accessKeyEntry
}

type tokenEntry struct {
	caller peering.Caller
	// expires is zero for a token that doesn't expire.
	expires time.Time
}

type accessKeyEntry struct {
	secretKey string
	caller    peering.Caller
}

// parseCredentials parses the format that OpenFile documents. Its errors give
// the line and the reason but no value from the file: any value may be a
// secret, or a secret in the wrong place.
func parseCredentials(data []byte) (*credentials, error) {
	var document, next yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, malformed(err)
	}
	if err := decoder.Decode(&next); err == nil {
		return nil, errorAt(&next, "a second YAML document; only one is allowed")
	} else if !errors.Is(err, io.EOF) {
		return nil, malformed(err)
	}
	if len(document.Content) == 0 {
		return nil, errEmptyFile
	}
	root, err := decodeMapping(document.Content[0], "tokens", "access_keys")
	if err != nil {
		return nil, err
	}
	if len(root) == 0 {
		return nil, errEmptyFile
	}
	c := &credentials{tokens: map[[sha256.Size]byte]tokenEntry{}, accessKeys: map[string]accessKeyEntry{}}
	if err := forEach(root["tokens"], c.addToken); err != nil {
		return nil, err
	}
	if err := forEach(root["access_keys"], c.addAccessKey); err != nil {
		return nil, err
	}
	return c, nil
}

var errEmptyFile = errors.New("the file is empty; it needs tokens or access_keys")

// yamlLine matches the line number in an error of the YAML decoder.
var yamlLine = regexp.MustCompile(`\bline (\d+)\b`)

// malformed returns a syntax error without the decoder's text, which may repeat
// values.
func malformed(err error) error {
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("line %s: not well-formed YAML", found[1])
	}
	return errors.New("not well-formed YAML")
}

func (c *credentials) addToken(node *yaml.Node) error {
	m, err := decodeMapping(node, "sha256", "project_id", "user", "roles", "expires_at")
	if err != nil {
		return err
	}
	text, err := m.text(node, "sha256")
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(text)
	if err != nil || len(hash) != sha256.Size {
		return errorAt(m["sha256"], "sha256 is not 64 hexadecimal digits")
	}
	sum := [sha256.Size]byte(hash)
	if _, ok := c.tokens[sum]; ok {
		return errorAt(m["sha256"], "the token is listed twice")
	}
	entry := tokenEntry{}
	if entry.caller, err = m.caller(node); err != nil {
		return err
	}
	if m["expires_at"] != nil {
		text, err := m.text(node, "expires_at")
		if err != nil {
			return err
		}
		if entry.expires, err = time.Parse(time.RFC3339, text); err != nil {
			return errorAt(m["expires_at"], "expires_at is not a time such as 2027-01-01T00:00:00Z")
		}
	}
	c.tokens[sum] = entry
	return nil
}

func (c *credentials) addAccessKey(node *yaml.Node) error {
	m, err := decodeMapping(node, "access_key", "secret_key", "project_id", "user", "roles")
	if err != nil {
		return err
	}
	accessKey, err := m.text(node, "access_key")
	if err != nil {
		return err
	}
	if !signature.ValidAccessKey(accessKey) {
		return errorAt(m["access_key"], "access_key is not 1 to 128 letters, digits, '_', '.' or '-'")
	}
	if _, ok := c.accessKeys[accessKey]; ok {
		return errorAt(m["access_key"], "the access key is listed twice")
	}
	entry := accessKeyEntry{}
	if entry.secretKey, err = m.text(node, "secret_key"); err != nil {
		return err
	}
	if entry.caller, err = m.caller(node); err != nil {
		return err
	}
	c.accessKeys[accessKey] = entry
	return nil
}

// caller returns the caller that the mapping at node describes.
func (m mapping) caller(node *yaml.Node) (peering.Caller, error) {
	project, err := m.text(node, "project_id")
	if err != nil {
		return peering.Caller{}, err
	}
	if !peering.ID(project).Valid() {
		return peering.Caller{}, errorAt(m["project_id"], "project_id is neither 32 hexadecimal digits nor a UUID")
	}
	user, err := m.text(node, "user")
	if err != nil {
		return peering.Caller{}, err
	}
	var roles []peering.Role
	err = forEach(m["roles"], func(node *yaml.Node) error {
		role := peering.Role(node.Value)
		if node.Kind != yaml.ScalarNode || role != peering.Admin && role != peering.Reader {
			return errorAt(node, "the role is neither %s nor %s", peering.Admin, peering.Reader)
		}
		roles = append(roles, role)
		return nil
	})
	if err != nil {
		return peering.Caller{}, err
	}
	if len(roles) == 0 {
		return peering.Caller{}, errorAt(node, "roles is required and lists %s or %s", peering.Admin, peering.Reader)
	}
	return peering.Caller{Project: peering.ID(project), User: user, Roles: roles}, nil
}
