package iam_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/internal/iam"
)

// canary is a secret that no error may repeat.
const canary = "c4n4ry"

func TestBrokenFiles(t *testing.T) {
	valid := listing()
	// swapped answers the listing with something else in the place of a part of it.
	swapped := func(old, with string) string {
		if !strings.Contains(valid, old) {
			t.Fatalf("%q is not in the listing", old)
		}
		return strings.Replace(valid, old, with, 1)
	}
	hash := hashOf(aliceToken)
	_, keys, _ := strings.Cut(valid, "access_keys:\n")
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{"empty"}},
		{"only a comment", "# " + canary + "\n", []string{"empty"}},
		{"an empty mapping", "{}\n", []string{"empty"}},
		{"a text", canary + "\n", []string{"line 1", "mapping"}},
		{"a list", "- " + canary + "\n", []string{"line 1", "mapping"}},
		{"no YAML", "tokens:\n\t- " + canary + "\n", []string{"line 2", "YAML"}},
		{"an alias of nothing", "tokens: *" + canary + "\n", []string{"YAML"}},
		{"an alias", "access_keys: &" + canary + " []\ntokens: *" + canary + "\n", []string{"line 2", "list"}},
		{"a second document", valid + "---\n" + canary + ": 1\n", []string{"line 18", "second"}},
		{"a second document that is broken", valid + "---\n\t" + canary + "\n", []string{"YAML"}},
		{"an unknown key at the top", valid + canary + ": 1\n", []string{"line 18", "tokens, access_keys"}},
		{"tokens twice", valid + "tokens: []\n", []string{"line 18", "tokens", "twice"}},
		{"tokens as a mapping", "tokens: {" + canary + ": 1}\n", []string{"line 1", "list"}},
		{"a token that is a text", "tokens:\n  - " + canary + "\n", []string{"line 2", "mapping"}},
		{"a token with an unknown key", swapped("user: alice", "usr: "+canary), []string{"line 5", "project_id"}},
		{"a token with a secret as a key", swapped("user: alice", canary+": alice"), []string{"line 5", "project_id"}},
		{"a token with a key that is a list", swapped("user: alice", "? ["+canary+"]\n    : 1"), []string{"line 5"}},
		{"a key of a token twice", swapped("user: alice", "user: alice\n    user: "+canary), []string{"line 6", "user", "twice"}},
		{"a token without hash", swapped("sha256: "+hash+"\n    ", ""), []string{"line 3", "sha256"}},
		{"a hash that is short", swapped(hash, hash[:62]), []string{"line 3", "64"}},
		{"a hash of odd length", swapped(hash, hash[:63]), []string{"line 3", "64"}},
		{"a hash that is long", swapped(hash, hash+"00"), []string{"line 3", "64"}},
		{"a token in the place of its hash", swapped(hash, canary), []string{"line 3", "64"}},
		{"a hash that is a list", swapped(hash, "["+canary+"]"), []string{"line 3", "sha256"}},
		{"a token twice", swapped(strings.ToUpper(hashOf(carolToken)), strings.ToUpper(hash)), []string{"line 7", "twice"}},
		{"no project", swapped("project_id: "+project, "project_id:"), []string{"line 4", "project_id"}},
		{"a project that is no id", swapped("project_id: "+project, "project_id: "+canary), []string{"line 4", "project_id"}},
		{"no user", swapped("    user: alice\n", ""), []string{"line 3", "user"}},
		{"an empty user", swapped("user: alice", `user: ""`), []string{"line 5", "user"}},
		{"a user that is null", swapped("user: alice", "user: null"), []string{"line 5", "user"}},
		{"no roles", swapped("    roles: [admin]\n", ""), []string{"line 3", "roles"}},
		{"an empty list of roles", swapped("roles: [admin]", "roles: []"), []string{"line 3", "roles"}},
		{"roles as a text", swapped("roles: [admin]", "roles: admin"), []string{"line 6", "list"}},
		{"an unknown role", swapped("roles: [admin]", "roles: [admin, "+canary+"]"), []string{"line 6", "admin", "reader"}},
		{"a role in capitals", swapped("roles: [admin]", "roles: [Admin]"), []string{"line 6", "admin", "reader"}},
		{"a role that is a list", swapped("roles: [admin]", "roles: [[admin]]"), []string{"line 6", "admin", "reader"}},
		{"an expiry that is no time", swapped("2026-11-24T06:00:00+01:00", canary), []string{"line 11", "expires_at"}},
		{"an expiry without a zone", swapped("2026-11-24T06:00:00+01:00", "2026-11-24T06:00:00"), []string{"line 11", "expires_at"}},
		{"an expiry that is empty", swapped("2026-11-24T06:00:00+01:00", ""), []string{"line 11", "expires_at"}},
		{"no access key", swapped("access_key: "+bobKey+"\n    ", ""), []string{"line 13", "access_key"}},
		{"an access key with a comma", swapped(bobKey, canary+",x"), []string{"line 13", "access_key"}},
		{"an access key twice", valid + strings.ReplaceAll(keys, bobSecret, canary), []string{"line 18", "twice"}},
		{"no secret key", swapped("    secret_key: "+bobSecret+"\n", ""), []string{"line 13", "secret_key"}},
		{"a secret key that is a list", swapped(bobSecret, "["+canary+"]"), []string{"line 14", "secret_key"}},
		{"an access key with an expiry", swapped("user: bob", "expires_at: 2027-01-01T00:00:00Z"), []string{"line 16", "secret_key"}},
		{"an access key of no project", swapped("    project_id: "+project+"\n    user: bob", "    user: bob"), []string{"line 13", "project_id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "credentials.yaml")
			write(t, file, tt.text)
			log := &journal{}
			_, err := iam.NewFile(file, newClock().now, log.logger())
			if err == nil {
				t.Fatal("it is taken")
			}
			for _, part := range append(tt.want, file) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %q", part, err)
				}
			}
			for _, secret := range []string{canary, bobSecret, hash} {
				if strings.Contains(err.Error()+log.String(), secret) {
					t.Errorf("%q repeats %q", err, secret)
				}
			}
		})
	}
}

func TestHugeFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	write(t, file, "")
	if err := os.Truncate(file, 16<<20+1); err != nil {
		t.Fatal(err)
	}
	if _, err := iam.NewFile(file, newClock().now, (&journal{}).logger()); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("error is %v", err)
	}
}

func TestDigitsAreText(t *testing.T) {
	const digits = "12345678901234567890123456789012"
	text := strings.NewReplacer(hashOf(aliceToken), digits+digits, project, digits, "user: alice", "user: 007").Replace(listing())
	fileOf(t, text, newClock())
}
