package e2e_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// apart puts a process and this one on processors of their own, so that what sends the load does not take from what serves
// it. It answers false where there is only one.
func apart(b *testing.B, pid int) bool {
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

// pin puts all threads of a process onto processors; those that come later inherit it.
func pin(b *testing.B, pid int, to *unix.CPUSet) {
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
		_ = unix.SchedSetaffinity(id, to) // a thread may have ended
	}
}
