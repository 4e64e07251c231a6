package harness

import (
	"os"
	"testing"
)

// LongVariable is the environment variable that enables long tests when it is 1.
// make test-long sets it.
const LongVariable = "PEERING_TEST_LONG"

// Long skips the test unless long tests are enabled.
func Long(t testing.TB) {
	t.Helper()
	if !longEnabled() {
		t.Skipf("set %s=1 to run long tests", LongVariable)
	}
}

// Scale returns long if long tests are enabled, else short. Tests use it for
// their number of rounds.
func Scale(short, long int) int {
	if longEnabled() {
		return long
	}
	return short
}

func longEnabled() bool { return os.Getenv(LongVariable) == "1" }
