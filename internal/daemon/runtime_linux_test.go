package daemon_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/peering/peering/internal/e2e/harness"
)

// TestOneProcessorHasTwoThreads starts the server on one processor, and asks it how many threads it runs.
func TestOneProcessorHasTwoThreads(t *testing.T) {
	unset(t, "GOMAXPROCS")
	runtime.LockOSThread() // processes inherit the processors of the thread that starts them
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := range 64 * len(all) {
		if all.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	p := harness.StartProcess(t, "--data-dir", t.TempDir())
	if err := unix.SchedSetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	if threads := metric(t, p, "go_sched_gomaxprocs_threads"); threads != 2 {
		t.Errorf("%v threads are run", threads)
	}
}
