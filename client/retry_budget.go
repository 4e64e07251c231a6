package client

import "sync"

// successesPerRetry is how many calls that succeed at the first attempt pay for
// one retry.
const successesPerRetry = 5

// retryBudget limits the retries of all calls of a client, so that a failing
// service receives little more than the calls themselves. It works like the
// retry quotas of the AWS SDKs and Finagle's RetryBudget. It is safe for
// concurrent use.
type retryBudget struct {
	mu sync.Mutex
	// balance and capacity are in units of 1/successesPerRetry of a retry.
	balance, capacity int
}

// newRetryBudget returns a full budget of that many retries.
func newRetryBudget(retries int) *retryBudget {
	return &retryBudget{balance: retries * successesPerRetry, capacity: retries * successesPerRetry}
}

// withdraw takes one retry out of the budget. It reports whether there was one.
func (b *retryBudget) withdraw() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.balance < successesPerRetry {
		return false
	}
	b.balance -= successesPerRetry
	return true
}

// deposit credits a successful call: a whole retry if the call was retried,
// otherwise a fraction of one.
func (b *retryBudget) deposit(retried bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	amount := 1
	if retried {
		amount = successesPerRetry
	}
	b.balance = min(b.balance+amount, b.capacity)
}
