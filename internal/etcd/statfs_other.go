//go:build !linux && !darwin

package etcd

import "math"

// freeBytes reports unlimited space, because it is not implemented for this
// system.
func freeBytes(string) (uint64, error) {
	return math.MaxUint64, nil
}
