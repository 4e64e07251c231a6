package iam_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/internal/iam"
)

// canary is a value that no error may repeat.
const canary = "c4n4ry"

func TestInvalidFilesAreRejected(t *testing.T) {
	valid := credentialsText()
	// swapped returns the valid file with old replaced.
	swapped := func(old, with string) string {
		if !strings.Contains(valid, old) {
			t.Fatalf("the valid file does not contain %q", old)
		}
		return strings.Replace(valid, old, with, 1)
	}
	hash := hashOf(aliceToken)
	_, keys, _ := strings.Cut(valid, "access_keys:\n")
	tests := []struct {
		name, text string
		want       []string
	}{
		{"empty file", "", []string{"empty"}},
		{"only a comment", "# " + canary + "\n", []string{"empty"}},
		{"an empty mapping", "{}\n", []string{"empty"}},
		{"a string", canary + "\n", []string{"line 1", "mapping"}},
		{"a list", "- " + canary + "\n", []string{"line 1", "mapping"}},
		{"no YAML", "tokens:\n\t- " + canary + "\n", []string{"line 2", "YAML"}},
		{"an alias of nothing", "tokens: *" + canary + "\n", []string{"YAML"}},
		{"an alias", "access_keys: &" + canary + " []\ntokens: *" + canary + "\n", []string{"line 2", "list"}},
		{"a second document", valid + "---\n" + canary + ": 1\n", []string{"line 18", "second"}},
		{"a malformed second document", valid + "---\n\t" + canary + "\n", []string{"YAML"}},
		{"an unknown key at the top", valid + canary + ": 1\n", []string{"line 18", "tokens, access_keys"}},
		{"tokens twice", valid + "tokens: []\n", []string{"line 18", "tokens", "twice"}},
		{"tokens as a mapping", "tokens: {" + canary + ": 1}\n", []string{"line 1", "list"}},
		{"a token that is a string", "tokens:\n  - " + canary + "\n", []string{"line 2", "mapping"}},
		{"a token with an unknown key", swapped("user: alice", "usr: "+canary), []string{"line 5", "project_id"}},
		{"a token with a secret as a key", swapped("user: alice", canary+": alice"), []string{"line 5", "project_id"}},
		{"a token with a list as a key", swapped("user: alice", "? ["+canary+"]\n    : 1"), []string{"line 5"}},
		{"a key of a token twice", swapped("user: alice", "user: alice\n    user: "+canary), []string{"line 6", "user", "twice"}},
		{"a token without a hash", swapped("sha256: "+hash+"\n    ", ""), []string{"line 3", "sha256"}},
		{"a short hash", swapped(hash, hash[:62]), []string{"line 3", "64"}},
		{"a hash of odd length", swapped(hash, hash[:63]), []string{"line 3", "64"}},
		{"a long hash", swapped(hash, hash+"00"), []string{"line 3", "64"}},
		{"a token in place of its hash", swapped(hash, canary), []string{"line 3", "64"}},
		{"a hash that is a list", swapped(hash, "["+canary+"]"), []string{"line 3", "sha256"}},
		{"a token twice", swapped(strings.ToUpper(hashOf(carolToken)), strings.ToUpper(hash)), []string{"line 7", "twice"}},
		{"no project", swapped("project_id: "+project, "project_id:"), []string{"line 4", "project_id"}},
		{"a project with an invalid id", swapped("project_id: "+project, "project_id: "+canary), []string{"line 4", "project_id"}},
		{"no user", swapped("    user: alice\n", ""), []string{"line 3", "user"}},
		{"an empty user", swapped("user: alice", `user: ""`), []string{"line 5", "user"}},
		{"a null user", swapped("user: alice", "user: null"), []string{"line 5", "user"}},
		{"no roles", swapped("    roles: [admin]\n", ""), []string{"line 3", "roles"}},
		{"an empty list of roles", swapped("roles: [admin]", "roles: []"), []string{"line 3", "roles"}},
		{"roles as a string", swapped("roles: [admin]", "roles: admin"), []string{"line 6", "list"}},
		{"an unknown role", swapped("roles: [admin]", "roles: [admin, "+canary+"]"), []string{"line 6", "admin", "reader"}},
		{"a role in upper case", swapped("roles: [admin]", "roles: [Admin]"), []string{"line 6", "admin", "reader"}},
		{"a role that is a list", swapped("roles: [admin]", "roles: [[admin]]"), []string{"line 6", "admin", "reader"}},
		{"an expiry that is not a time", swapped("2026-11-24T06:00:00+01:00", canary), []string{"line 11", "expires_at"}},
		{"an expiry without a zone", swapped("2026-11-24T06:00:00+01:00", "2026-11-24T06:00:00"), []string{"line 11", "expires_at"}},
		{"an empty expiry", swapped("2026-11-24T06:00:00+01:00", ""), []string{"line 11", "expires_at"}},
		{"no access key", swapped("access_key: "+bobKey+"\n    ", ""), []string{"line 13", "access_key"}},
		{"an access key with a comma", swapped(bobKey, canary+",x"), []string{"line 13", "access_key"}},
		{"an access key twice", valid + strings.ReplaceAll(keys, bobSecret, canary), []string{"line 18", "twice"}},
		{"no secret key", swapped("    secret_key: "+bobSecret+"\n", ""), []string{"line 13", "secret_key"}},
		{"a secret key that is a list", swapped(bobSecret, "["+canary+"]"), []string{"line 14", "secret_key"}},
		{"an access key with an expiry", swapped("user: bob", "expires_at: 2027-01-01T00:00:00Z"), []string{"line 16", "secret_key"}},
		{"an access key without a project", swapped("    project_id: "+project+"\n    user: bob", "    user: bob"), []string{"line 13", "project_id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "credentials.yaml")
			replaceFile(t, file, tt.text)
			log := &logBuffer{}
			_, err := iam.NewFile(file, newClock().now, log.logger())
			if err == nil {
				t.Fatal("the file is accepted")
			}
			for _, part := range append(tt.want, file) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
			for _, secret := range []string{canary, bobSecret, hash} {
				if strings.Contains(err.Error()+log.String(), secret) {
					t.Errorf("error %q or the log contains %q", err, secret)
				}
			}
		})
	}
}

func TestFileOver16MiBIsRejected(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	replaceFile(t, file, "")
	if err := os.Truncate(file, 16<<20+1); err != nil {
		t.Fatal(err)
	}
	if _, err := iam.NewFile(file, newClock().now, (&logBuffer{}).logger()); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("error is %v", err)
	}
}

func TestUnquotedDigitsAreStrings(t *testing.T) {
	const digits = "12345678901234567890123456789012"
	text := strings.NewReplacer(hashOf(aliceToken), digits+digits, project, digits, "user: alice", "user: 007").Replace(credentialsText())
	newFile(t, text, newClock())
}
