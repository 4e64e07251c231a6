package overload_test

import (
	"testing"

	"github.com/peering/peering/server/overload"
)

func TestInFlightLimitsEachKey(t *testing.T) {
	f := overload.NewInFlight(4)
	for i := range 10 {
		if ok := f.Acquire("a"); ok != (i < 4) {
			t.Errorf("request %d is admitted: %t", i, ok)
		}
	}
	if !f.Acquire("b") {
		t.Error("another key is refused")
	}
	f.Release("a")
	if !f.Acquire("a") || f.Acquire("a") {
		t.Error("a release does not admit exactly one request")
	}
}

func TestInFlightWithoutLimitAdmitsAll(t *testing.T) {
	f := overload.NewInFlight(0)
	for range 100 {
		if !f.Acquire("a") {
			t.Fatal("a request is refused")
		}
	}
}
