//go:build unix

package daemon

import (
	"math"
	"syscall"
)

// maxOpenFiles answers how many files the process may have open, 0 where it does not know. The runtime has raised the
// limit as far as it may be raised.
func maxOpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return 0
	}
	return int(limit.Cur)
}
