package main

import (
	"errors"
	"fmt"
	"runtime"
)

// trial counts what a part does and keeps the first difference, which ends the part. Only the part's own goroutine may use
// it.
type trial struct {
	requests, checks int
	err              error
}

// runTrial runs a part to its end or its first difference.
func runTrial(body func(*trial)) *trial {
	t := &trial{err: errors.New("the part did not come to its end")}
	done := make(chan struct{})
	go func() {
		defer close(done)
		body(t)
		t.err = nil
	}()
	<-done
	return t
}

// fail ends the part with a difference, as testing.T.Fatalf does a test.
func (t *trial) fail(format string, args ...any) {
	t.err = fmt.Errorf(format, args...)
	runtime.Goexit()
}

// must counts a check that something worked.
func (t *trial) must(what string, err error) {
	t.checks++
	if err != nil {
		t.fail("%s: %w", what, err)
	}
}

// that counts a check that something holds.
func (t *trial) that(what string, holds bool) {
	t.checks++
	if !holds {
		t.fail("%s: does not hold", what)
	}
}

// equal counts a check that two values are the same.
func equal[T comparable](t *trial, what string, got, want T) {
	t.checks++
	if got != want {
		t.fail("%s: got %v, want %v", what, got, want)
	}
}
