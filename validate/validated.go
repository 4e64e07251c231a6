package validate

import "bytes"

// body is the body of a request after its check.
type body struct {
	bytes.Reader
	data     []byte
	json     bool
	maxDepth int
	value    any
	decoded  bool
	// few is room for a small body, and entries for what the scanner left of it; entered is how many, 0 for too many.
	few     [192]byte
	entries [16]entry
	entered int
}

// keep keeps the entries of the body, where they are few, so that nobody needs to scan it again.
func (b *body) keep(r *run) {
	if len(r.entries) <= len(b.entries) && len(r.plain) == 0 {
		b.entered = copy(b.entries[:], r.entries)
	}
}

// scanned gives the run the entries of the body.
func (b *body) scanned(r *run) bool {
	if b.entered == 0 {
		return r.scan(b.data, b.maxDepth)
	}
	r.reset(b.data, b.maxDepth)
	r.entries = append(r.entries, b.entries[:b.entered]...)
	return true
}

// Close does nothing: the body was read.
func (*body) Close() error { return nil }

// ValidatedValue answers the body decoded, the same value every time. It is the method by which kin-openapi hands on what
// it validated, and by which handlers that oapi-codegen generates ask for it.
func (b *body) ValidatedValue() any {
	if !b.decoded {
		r := newRun()
		defer r.free()
		if b.scanned(r) {
			b.value = r.decode(0, shareable(b.data))
		}
		b.decoded = true
	}
	return b.value
}
