package peering

import "slices"

// A Role grants a user permissions in a project.
type Role string

// Roles of a user in a project.
const (
	// Reader permits list and show operations only.
	Reader Role = "reader"
	// Admin permits all operations.
	Admin Role = "admin"
)

// A Caller is the authenticated sender of a request: a user with roles in a
// project. Its roles are shared and must not be modified.
type Caller struct {
	Project ID
	// User is a name or an ID for the log.
	User  string
	Roles []Role
}

// CanWrite reports whether the caller is permitted operations other than list
// and show.
func (c Caller) CanWrite() bool {
	return slices.Contains(c.Roles, Admin)
}
