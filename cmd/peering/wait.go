package main

// waitError is a change that was made, but of which --wait has not seen the end.
type waitError struct {
	error
	code int
}

func (e *waitError) Unwrap() error { return e.error }
