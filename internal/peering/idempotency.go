package peering

// Idempotency makes a creation happen idem, however often it is asked for: who asks again is answered what was made the first
// time, as it was then. The zero value stands for a creation that happens each time. What was refused is not kept, so it
// can be asked for again.
type Idempotency struct {
	// Project is whose key it is.
	Project ID
	Key     string
	// Request is the same for the same request, and another one for any other.
	Request string
}

// KeyReused is the error for a key that came with another request before.
func (o Idempotency) KeyReusedError() *Error {
	return Errorf(KeyReused, "The idempotency key %q belongs to another request; send the same request again, or take a new key.", o.Key)
}
