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
)

// credentials are what a file lists. They do not change.
type credentials struct {
	tokens map[[sha256.Size]byte]listedToken
	keys   map[string]listedKey
}

// listedToken is what is known of a token. A zero expiry is none.
type listedToken struct {
	caller  peering.Caller
	expires time.Time
}

type listedKey struct {
	secret string
	caller peering.Caller
}

// accessKey is what an access key may look like: nothing that would end it in the header Authorization.
var accessKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// parse reads the form that OpenFile describes. Its errors name the line and the reason, but repeat no value of the file: any
// of them may be a secret, or one that got into the wrong place.
func parse(data []byte) (*credentials, error) {
	var document, next yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, malformed(err)
	}
	if err := decoder.Decode(&next); err == nil {
		return nil, problem(&next, "a second YAML document; there may be one only")
	} else if !errors.Is(err, io.EOF) {
		return nil, malformed(err)
	}
	if len(document.Content) == 0 {
		return nil, errors.New("the file is empty; it needs tokens or access_keys")
	}
	root, err := membersOf(document.Content[0], "tokens", "access_keys")
	if err != nil {
		return nil, err
	}
	if len(root) == 0 {
		return nil, errors.New("the file is empty; it needs tokens or access_keys")
	}
	c := &credentials{tokens: map[[sha256.Size]byte]listedToken{}, keys: map[string]listedKey{}}
	if err := eachOf(root["tokens"], c.addToken); err != nil {
		return nil, err
	}
	if err := eachOf(root["access_keys"], c.addKey); err != nil {
		return nil, err
	}
	return c, nil
}

// yamlLine finds the line in an error of the YAML reader, whose other words may repeat what the file says.
var yamlLine = regexp.MustCompile(`\bline (\d+)\b`)

func malformed(err error) error {
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("line %s: not well-formed YAML", found[1])
	}
	return errors.New("not well-formed YAML")
}

func (c *credentials) addToken(node *yaml.Node) error {
	m, err := membersOf(node, "sha256", "project_id", "user", "roles", "expires_at")
	if err != nil {
		return err
	}
	text, err := m.text(node, "sha256")
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(text)
	if err != nil || len(hash) != sha256.Size {
		return problem(m["sha256"], "sha256 is not 64 hexadecimal digits")
	}
	sum := [sha256.Size]byte(hash)
	if _, ok := c.tokens[sum]; ok {
		return problem(m["sha256"], "the token is listed twice")
	}
	listed := listedToken{}
	if listed.caller, err = m.caller(node); err != nil {
		return err
	}
	if m["expires_at"] != nil {
		text, err := m.text(node, "expires_at")
		if err != nil {
			return err
		}
		if listed.expires, err = time.Parse(time.RFC3339, text); err != nil {
			return problem(m["expires_at"], "expires_at is not a time such as 2027-01-01T00:00:00Z")
		}
	}
	c.tokens[sum] = listed
	return nil
}

func (c *credentials) addKey(node *yaml.Node) error {
	m, err := membersOf(node, "access_key", "secret_key", "project_id", "user", "roles")
	if err != nil {
		return err
	}
	key, err := m.text(node, "access_key")
	if err != nil {
		return err
	}
	if !accessKey.MatchString(key) {
		return problem(m["access_key"], "access_key is not 1 to 128 letters, digits, '_', '.' or '-'")
	}
	if _, ok := c.keys[key]; ok {
		return problem(m["access_key"], "the access key is listed twice")
	}
	listed := listedKey{}
	if listed.secret, err = m.text(node, "secret_key"); err != nil {
		return err
	}
	if listed.caller, err = m.caller(node); err != nil {
		return err
	}
	c.keys[key] = listed
	return nil
}

// caller reads the members that say for whom credentials stand.
func (m members) caller(node *yaml.Node) (peering.Caller, error) {
	project, err := m.text(node, "project_id")
	if err != nil {
		return peering.Caller{}, err
	}
	if !peering.ID(project).Valid() {
		return peering.Caller{}, problem(m["project_id"], "project_id is neither 32 hexadecimal digits nor a UUID")
	}
	user, err := m.text(node, "user")
	if err != nil {
		return peering.Caller{}, err
	}
	var roles []peering.Role
	err = eachOf(m["roles"], func(role *yaml.Node) error {
		known := peering.Role(role.Value)
		if role.Kind != yaml.ScalarNode || known != peering.Admin && known != peering.Reader {
			return problem(role, "the role is neither %s nor %s", peering.Admin, peering.Reader)
		}
		roles = append(roles, known)
		return nil
	})
	if err != nil {
		return peering.Caller{}, err
	}
	if len(roles) == 0 {
		return peering.Caller{}, problem(node, "roles is needed, a list of %s or %s", peering.Admin, peering.Reader)
	}
	return peering.Caller{Project: peering.ID(project), User: user, Roles: roles}, nil
}
