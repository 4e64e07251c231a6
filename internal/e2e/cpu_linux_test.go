package e2e_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// pinToSeparateCPUs pins a process and this one to different CPUs, so that load
// generation does not slow down the server. It returns false if there is only
// one CPU.
func pinToSeparateCPUs(b *testing.B, pid int) bool {
	b.Helper()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		b.Fatal(err)
	}
	var sets []*unix.CPUSet
	for cpu := 0; cpu < 8*len(all) && len(sets) < 2; cpu++ {
		if all.IsSet(cpu) {
			var one unix.CPUSet
			one.Set(cpu)
			sets = append(sets, &one)
		}
	}
	if len(sets) < 2 {
		return false
	}
	pin(b, pid, sets[0])
	pin(b, os.Getpid(), sets[1])
	b.Cleanup(func() { pin(b, os.Getpid(), &all) })
	return true
}

// pin pins all threads of a process to CPUs. Later threads inherit them.
func pin(b *testing.B, pid int, cpus *unix.CPUSet) {
	b.Helper()
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			b.Fatal(err)
		}
		_ = unix.SchedSetaffinity(id, cpus) // fails if the thread has ended
	}
}
