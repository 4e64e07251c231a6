package daemon_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/peering/peering/internal/e2e/harness"
)

// The server starts on one processor and reports its GOMAXPROCS as a metric.
func TestSingleProcessorRunsTwoThreads(t *testing.T) {
	unset(t, "GOMAXPROCS")
	runtime.LockOSThread() // processes inherit the affinity of the thread that starts them
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
		t.Errorf("GOMAXPROCS is %v, want 2", threads)
	}
}
