package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

func TestMain(m *testing.M) {
	if config := os.Getenv(asMember); config != "" {
		member(config)
	}
	code := harness.Main(m)
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		table, missing := harness.Contract.Coverage()
		fmt.Printf("%s\n%d documented statuses are exercised by no test\n", table, missing)
		if missing > 0 {
			code = 1
		}
	}
	os.Exit(code)
}
