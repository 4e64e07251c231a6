package peering

import "strings"

// An ID identifies a VPC, a tenant, a project, a peering or a route: 32
// hexadecimal digits or a UUID. It keeps the form in which it was given. IDs
// that differ only in case or hyphens are equal.
type ID string

// Key returns the canonical form of the ID, by which IDs are compared and
// ordered: lower case without hyphens.
func (id ID) Key() string {
	return strings.ToLower(strings.ReplaceAll(string(id), "-", ""))
}

// Equal reports whether both IDs identify the same thing.
func (id ID) Equal(other ID) bool {
	return id == other || id.Key() == other.Key()
}

// Valid reports whether the ID consists of 32 hexadecimal digits or is a UUID.
func (id ID) Valid() bool {
	if len(id) == 36 {
		for _, i := range []int{8, 13, 18, 23} {
			if id[i] != '-' {
				return false
			}
		}
	}
	key := id.Key()
	return (len(id) == 32 || len(id) == 36) && len(key) == 32 && strings.Trim(key, "0123456789abcdef") == ""
}
