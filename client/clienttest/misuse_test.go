package clienttest_test

import (
	"runtime"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

// failing is a test that notes its failure.
type failing struct {
	testing.TB

	failed bool
}

func (f *failing) Helper() {}

func (f *failing) Fatal(...any) {
	f.failed = true
	runtime.Goexit()
}

func (f *failing) Fatalf(string, ...any) { f.Fatal() }

// TestMisuseFailsTheTest uses a server in ways that can't be meant.
func TestMisuseFailsTheTest(t *testing.T) {
	for name, misuse := range map[string]func(*clienttest.Server){
		"an operation that the contract does not have": func(s *clienttest.Server) { s.Inject("createPeerings", 1, clienttest.Reset()) },
		"a fault that never comes":                     func(s *clienttest.Server) { s.Inject("createPeering", 0, clienttest.Reset()) },
		"options that do not fit": func(s *clienttest.Server) {
			s.Client(clienttest.Project, client.WithCredentials("AK", ""))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &failing{TB: t}
			s := clienttest.NewServer(f)
			done := make(chan struct{})
			go func() {
				defer close(done)
				misuse(s)
			}()
			<-done
			if !f.failed {
				t.Error("nothing failed")
			}
		})
	}
}
