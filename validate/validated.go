package validate

import "github.com/peering/peering/internal/httpbody"

// checkedBody is a request body that Check accepted. It can be read again, and
// Bind and ValidatedValue decode it.
type checkedBody struct {
	*httpbody.Body
	// own holds the body unless another reader of the request read it before.
	own      httpbody.Body
	json     bool
	maxDepth int
	value    any
	decoded  bool
	// entries are the scanner's if these are few; otherwise entryCount is 0.
	entries    [16]entry
	entryCount int
}

// keep stores a copy of the scanner's entries if they are few, so that the body
// need not be scanned again.
func (b *checkedBody) keep(r *run) {
	if len(r.entries) <= len(b.entries) && len(r.plain) == 0 {
		b.entryCount = copy(b.entries[:], r.entries)
	}
}

// load gives the run the entries of the body.
func (b *checkedBody) load(r *run) bool {
	if b.entryCount == 0 {
		return r.scan(b.Bytes(), b.maxDepth)
	}
	r.reset(b.Bytes(), b.maxDepth)
	r.entries = append(r.entries, b.entries[:b.entryCount]...)
	return true
}

// ValidatedValue returns the decoded body, the same value every time. kin-openapi
// gives its validated bodies this method too, and handlers that oapi-codegen
// generates call it.
func (b *checkedBody) ValidatedValue() any {
	if !b.decoded {
		r := newRun()
		defer r.free()
		if b.load(r) {
			b.value = r.decode(0, shareable(b.Bytes()))
		}
		b.decoded = true
	}
	return b.value
}
