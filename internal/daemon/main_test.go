package daemon_test

import (
	"os"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
