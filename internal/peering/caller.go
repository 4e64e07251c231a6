package peering

import "slices"

// A Role says what a user may do in a project.
type Role string

// The roles.
const (
	// Reader lists and shows only.
	Reader Role = "reader"
	// Admin may do everything.
	Admin Role = "admin"
)

// A Caller is who asks: a user of a project, with roles there. Its roles are shared and must not be changed.
type Caller struct {
	Project ID
	// User is for the log: a name or an id.
	User  string
	Roles []Role
}

// CanWrite tells whether the caller may do more than list and show.
func (c Caller) CanWrite() bool {
	return slices.Contains(c.Roles, Admin)
}
