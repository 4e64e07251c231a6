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
	code := harness.Main(m)
	if code == 0 && allTestsSelected() {
		if table, missing := harness.Contract.Coverage(); missing > 0 {
			fmt.Printf("%s\nno test exercises %d documented statuses: those in brackets\n", table, missing)
			code = 1
		}
	}
	os.Exit(code)
}

func allTestsSelected() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return true
}
