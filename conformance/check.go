package main

import (
	"errors"
	"fmt"
	"runtime"
)

// checker counts the requests and checks of a suite and ends the suite at its
// first failure, as testing.T does. Only the suite's own goroutine may use it.
type checker struct {
	requests, checks int
	err              error
}

// runChecks runs a suite until it returns or fails.
func runChecks(suite func(*checker)) *checker {
	t := &checker{err: errors.New("the suite ended early")}
	done := make(chan struct{})
	go func() {
		defer close(done)
		suite(t)
		t.err = nil
	}()
	<-done
	return t
}

// fail records a failure and ends the suite.
func (t *checker) fail(format string, args ...any) {
	t.err = fmt.Errorf(format, args...)
	runtime.Goexit()
}

// noError checks that err is nil.
func (t *checker) noError(what string, err error) {
	t.checks++
	if err != nil {
		t.fail("%s: %w", what, err)
	}
}

// isTrue checks a condition.
func (t *checker) isTrue(what string, ok bool) {
	t.checks++
	if !ok {
		t.fail("%s: got false, want true", what)
	}
}

// equal checks that two values are equal.
func equal[T comparable](t *checker, what string, got, want T) {
	t.checks++
	if got != want {
		t.fail("%s: got %v, want %v", what, got, want)
	}
}
