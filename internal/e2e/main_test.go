package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

// TestMain fails a complete run that does not exercise every operation and
// status of the contract.
func TestMain(m *testing.M) {
	if config := os.Getenv(asEtcdMember); config != "" {
		runEtcdMember(config)
	}
	os.Exit(harness.Main(m, checkCoverage))
}

func checkCoverage() error {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return nil // not all tests were selected
		}
	}
	if table, missing := harness.Contract.Coverage(); missing > 0 {
		return fmt.Errorf("%s\nno test exercises %d documented statuses: those in brackets", table, missing)
	}
	return nil
}
