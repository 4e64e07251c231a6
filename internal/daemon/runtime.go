package daemon

import (
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// schedule lets Go run two threads where there is one processor, as it does by itself in a container that is limited to
// one. With a single thread it looks at the network every 10 ms only while it is busy: refusals then take as long as what is
// carried out. GOMAXPROCS in the environment has the last word.
func schedule(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		runtime.GOMAXPROCS(2)
	}
}

const (
	// garbagePercent is how much garbage there may be for what is in use, in percent, before it is collected.
	garbagePercent = 400
	// ballastBytes count as in use beside what is, in a process that has at least ballastPart times as much memory.
	ballastBytes, ballastPart = 64 << 20, 16
)

// collect lets Go collect garbage less often than by itself, as requests are answered late meanwhile, on few processors at
// least: what etcd has in memory is many small things to look at. There is more memory in use then, so it gets to know how
// much there is. GOGC and GOMEMLIMIT in the environment have the last word.
//
// While little is in use, a few seconds' requests would be garbage enough. So the caller keeps the ballast that collect
// answers: memory that counts, but takes none of the machine's, as nobody touches it.
func collect(getenv func(string) string, log *slog.Logger) (ballast []byte) {
	memory := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)
	if _, err := memlimit.Set(memlimit.WithProvider(memory)); err != nil {
		log.Warn("how much memory there is could not be found out; set GOMEMLIMIT where it is little", "error", err)
	}
	if getenv("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(garbagePercent)
	return make([]byte, min(ballastBytes, debug.SetMemoryLimit(-1)/ballastPart))
}
