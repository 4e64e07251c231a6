package clienttest_test

import (
	"runtime"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

// fakeTB is a testing.TB that records its failure.
type fakeTB struct {
	testing.TB

	failed bool
}

func (tb *fakeTB) Helper() {}

func (tb *fakeTB) Fatal(...any) {
	tb.failed = true
	runtime.Goexit()
}

func (tb *fakeTB) Fatalf(string, ...any) { tb.Fatal() }

func TestMisuseFailsTheTest(t *testing.T) {
	for name, misuse := range map[string]func(*clienttest.Server){
		"unknown operation":    func(s *clienttest.Server) { s.Inject("createPeerings", 1, clienttest.Reset()) },
		"fault for no request": func(s *clienttest.Server) { s.Inject("createPeering", 0, clienttest.Reset()) },
		"invalid client options": func(s *clienttest.Server) {
			s.Client(clienttest.Project, client.WithCredentials("AK", ""))
		},
	} {
		t.Run(name, func(t *testing.T) {
			tb := &fakeTB{TB: t}
			s := clienttest.NewServer(tb)
			done := make(chan struct{})
			go func() {
				defer close(done)
				misuse(s)
			}()
			<-done
			if !tb.failed {
				t.Error("the test did not fail")
			}
		})
	}
}
