//go:build !linux

package e2e_test

import "testing"

// pinToSeparateCPUs returns false: it is not supported on this system.
func pinToSeparateCPUs(*testing.B, int) bool { return false }
