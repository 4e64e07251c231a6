package peering

import "strings"

// An ID names a VPC, a tenant, a project or a peering: 32 hexadecimal digits or a UUID. It is kept as it was given;
// two ids are the same regardless of case and hyphens.
type ID string

// Key is the form in which ids are compared and ordered: 32 lower-case digits.
func (id ID) Key() string {
	return strings.ToLower(strings.ReplaceAll(string(id), "-", ""))
}

// Is tells whether both ids name the same thing.
func (id ID) Equal(other ID) bool {
	return id == other || id.Key() == other.Key()
}

// Valid tells whether the id has the form of one.
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
