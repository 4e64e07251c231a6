package peering

// Idempotency makes a creation safe to retry: while its key is stored, a
// repeated creation returns what the first one created, as it was then. Failed
// creations do not store the key. The zero value disables the mechanism.
type Idempotency struct {
	// Project scopes the key.
	Project ID
	Key     string
	// Request is a fingerprint of the request: equal for equal requests and
	// different for others.
	Request string
}

// KeyReusedError returns the error for a key that was used for another request.
func (i Idempotency) KeyReusedError() *Error {
	return Errorf(KeyReused,
		"The idempotency key %q was used for another request. Retry the original request, or use a new key.", i.Key)
}
