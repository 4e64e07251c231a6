//go:build unix

package daemon

import (
	"math"
	"syscall"
)

// maxOpenFiles returns how many files the process may open, 0 if unknown. The
// runtime has already raised the soft limit to the hard one.
func maxOpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return 0
	}
	return int(limit.Cur)
}
