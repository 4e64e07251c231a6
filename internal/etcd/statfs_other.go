//go:build !linux && !darwin

package etcd

import "math"

// freeBytes answers that there is enough: this system is not asked.
func freeBytes(string) (uint64, error) {
	return math.MaxUint64, nil
}
