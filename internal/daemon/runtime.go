package daemon

import (
	"log/slog"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

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
