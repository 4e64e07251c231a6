//go:build linux || darwin

package etcd

import "syscall"

// freeBytes returns the space on a directory's file system that is available to
// this process.
func freeBytes(dir string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil //nolint:gosec // a block's size is not negative
}
