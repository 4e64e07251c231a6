package daemon_test

import (
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

// metric returns the value of a metric without labels.
func metric(t *testing.T, p *harness.Process, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(harness.Get(t, p.Admin+"/metrics", http.StatusOK))
	if found == nil {
		t.Fatalf("metric %s is missing", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// unset removes variables from the environment during a test.
func unset(t *testing.T, variables ...string) {
	t.Helper()
	for _, v := range variables {
		t.Setenv(v, "") // restores the variable at the end
		if err := os.Unsetenv(v); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGarbageCollectorDefaults(t *testing.T) {
	unset(t, "GOGC", "GOMEMLIMIT", "AUTOMEMLIMIT")
	p := harness.StartProcess(t, "--data-dir", t.TempDir())
	if percent := metric(t, p, "go_gc_gogc_percent"); percent != daemon.GCPercent {
		t.Errorf("GOGC is %v, want %v", percent, daemon.GCPercent)
	}
	if limit := metric(t, p, "go_gc_gomemlimit_bytes"); limit <= 0 || limit >= math.MaxInt64 {
		t.Errorf("GOMEMLIMIT is %v bytes", limit)
	}
}

func TestEnvironmentSetsGarbageCollector(t *testing.T) {
	t.Setenv("GOGC", "150")
	t.Setenv("GOMEMLIMIT", "3GiB")
	p := harness.StartProcess(t, "--data-dir", t.TempDir())
	if percent := metric(t, p, "go_gc_gogc_percent"); percent != 150 {
		t.Errorf("GOGC is %v, want 150", percent)
	}
	if limit := metric(t, p, "go_gc_gomemlimit_bytes"); limit != 3<<30 {
		t.Errorf("GOMEMLIMIT is %v bytes, want 3 GiB", limit)
	}
}
