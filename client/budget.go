package client

import "sync"

// perRepetition is how many successes at the first attempt pay for a repetition.
const perRepetition = 5

// budget bounds the repetitions of all calls of a client, so that a service in trouble gets little more than the calls
// themselves. It works as those of the AWS SDKs and of Finagle do.
type budget struct {
	mu       sync.Mutex
	left     int
	capacity int
}

func newBudget(repetitions int) *budget {
	return &budget{left: repetitions * perRepetition, capacity: repetitions * perRepetition}
}

// take tells whether a repetition may be made.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < perRepetition {
		return false
	}
	b.left -= perRepetition
	return true
}

// succeeded gives back what a call that succeeded is worth: its last repetition, or a part of one.
func (b *budget) succeeded(repeated bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	worth := 1
	if repeated {
		worth = perRepetition
	}
	b.left = min(b.left+worth, b.capacity)
}
