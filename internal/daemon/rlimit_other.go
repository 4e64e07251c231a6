//go:build !unix

package daemon

// maxOpenFiles returns 0: the limit is unknown on this system.
func maxOpenFiles() int { return 0 }
