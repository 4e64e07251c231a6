package daemon

import (
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// raiseGOMAXPROCS sets GOMAXPROCS to 2 on a single processor, as the Go runtime
// does in a container limited to one. With one thread a busy runtime polls the
// network only every 10 ms: on one processor BenchmarkOverload peaks at 540
// instead of 1,100 creations per second, and half of the 503 responses take
// longer than 100 instead of 2.5 ms. GOMAXPROCS in the environment takes
// precedence.
func raiseGOMAXPROCS(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		runtime.GOMAXPROCS(2)
	}
}

// gcPercent is the default of GOGC. etcd keeps many small objects in memory, so
// a collection takes long and delays requests; memory is traded for fewer of
// them.
const gcPercent = 400

// tuneGC sets the runtime's memory limit to nine tenths of the memory of the
// container or machine, and the garbage collector's target to gcPercent.
// GOMEMLIMIT and GOGC take precedence.
func tuneGC(getenv func(string) string, log *slog.Logger) {
	memory := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)
	if _, err := memlimit.Set(memlimit.WithProvider(memory)); err != nil {
		log.Warn("available memory is unknown; set GOMEMLIMIT if it is small", "error", err)
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
