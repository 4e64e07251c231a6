package main

import (
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// metric answers the value of a metric without labels.
func metric(t *testing.T, p *process, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(get(t, p.admin+"/metrics", http.StatusOK))
	if found == nil {
		t.Fatalf("there is no metric %s", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// unset takes variables out of the environment for a test.
func unset(t *testing.T, variables ...string) {
	t.Helper()
	for _, v := range variables {
		t.Setenv(v, "") // gives it back afterwards
		if err := os.Unsetenv(v); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGarbageIsCollectedSeldom(t *testing.T) {
	unset(t, "GOGC", "GOMEMLIMIT", "AUTOMEMLIMIT")
	p := startProcess(t, "--data-dir", t.TempDir())
	if percent := metric(t, p, "go_gc_gogc_percent"); percent != garbagePercent {
		t.Errorf("garbage is collected at %v%%", percent)
	}
	if next, least := metric(t, p, "go_memstats_next_gc_bytes"), ballastBytes*(1+garbagePercent/100.0); next < least {
		t.Errorf("garbage is collected at %v bytes, want %v at least", next, least)
	}
	if limit := metric(t, p, "go_gc_gomemlimit_bytes"); limit <= 0 || limit >= math.MaxInt64 {
		t.Errorf("the memory limit is %v bytes", limit)
	}
}

func TestEnvironmentSaysWhenGarbageIsCollected(t *testing.T) {
	t.Setenv("GOGC", "150")
	t.Setenv("GOMEMLIMIT", "3GiB")
	p := startProcess(t, "--data-dir", t.TempDir())
	if percent := metric(t, p, "go_gc_gogc_percent"); percent != 150 {
		t.Errorf("garbage is collected at %v%%", percent)
	}
	if next := metric(t, p, "go_memstats_next_gc_bytes"); next > ballastBytes {
		t.Errorf("garbage is collected at %v bytes", next)
	}
	if limit := metric(t, p, "go_gc_gomemlimit_bytes"); limit != 3<<30 {
		t.Errorf("the memory limit is %v bytes", limit)
	}
}
