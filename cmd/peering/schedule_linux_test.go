package main

import (
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOneProcessorHasTwoThreads starts the server on one processor, and asks it how many threads it runs.
func TestOneProcessorHasTwoThreads(t *testing.T) {
	if os.Getenv("GOMAXPROCS") != "" {
		t.Skip("GOMAXPROCS is set")
	}
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
	p := startProcess(t, "--data-dir", t.TempDir())
	if err := unix.SchedSetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	if text := get(t, p.admin+"/metrics", http.StatusOK); !strings.Contains(text, "\ngo_sched_gomaxprocs_threads 2\n") {
		t.Errorf("the metrics do not tell of two threads:\n%s", text)
	}
}
