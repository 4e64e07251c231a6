package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/peering/peering/internal/httpbody"
	"github.com/peering/peering/validate/internal/jsonscan"
)

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
	entries    [16]jsonscan.Entry
	entryCount int
}

// read reads the body of a request into b.
func (b *checkedBody) read(r *http.Request, limit int64) error {
	body, err := httpbody.ReadInto(&b.own, r, limit)
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(over.Limit)
	}
	if err != nil {
		return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "read", Reason: "was not received completely"}}, Err: err}
	}
	b.Body = body
	return nil
}

// keep stores a copy of the scanner's entries if they are few, so that the body
// need not be scanned again.
func (b *checkedBody) keep(e *evaluator) {
	if len(e.Entries) <= len(b.entries) && len(e.Unescaped) == 0 {
		b.entryCount = copy(b.entries[:], e.Entries)
	}
}

// load gives the evaluator the entries of the body.
func (b *checkedBody) load(e *evaluator) bool {
	if b.entryCount == 0 {
		return e.Scan(b.Bytes(), b.maxDepth)
	}
	e.Reset(b.Bytes(), b.maxDepth)
	e.Entries = append(e.Entries, b.entries[:b.entryCount]...)
	return true
}

// ValidatedValue returns the decoded body, the same value every time. kin-openapi
// gives its validated bodies this method too, and handlers that oapi-codegen
// generates call it.
func (b *checkedBody) ValidatedValue() any {
	if !b.decoded {
		e := newEvaluator()
		defer e.release()
		if b.load(e) {
			b.value = e.decodeAny(0, sharedText(b.Bytes()))
		}
		b.decoded = true
	}
	return b.value
}

// decodeLax decodes a body that the strict scanner rejects with encoding/json.
func (b *checkedBody) decodeLax() error {
	decoder := json.NewDecoder(bytes.NewReader(b.Bytes()))
	decoder.UseNumber()
	if err := decoder.Decode(&b.value); err != nil {
		return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "type", Reason: "can't be parsed"}}, Err: err}
	}
	b.decoded = true
	return nil
}

// sharedText returns a string that all parts of a decoded body can share, or ""
// for a large body: there each part is copied, so that keeping a small part
// does not keep the whole body in memory.
func sharedText(data []byte) string {
	const small = 1 << 10
	if len(data) > small {
		return ""
	}
	return string(data)
}

// decodeAny returns the value at entry i as encoding/json decodes it with
// UseNumber. Strings are parts of shared, the scanned text, unless that is
// empty.
func (e *evaluator) decodeAny(i int, shared string) any {
	value := &e.Entries[i]
	switch value.Kind {
	case jsonscan.False:
		return false
	case jsonscan.True:
		return true
	case jsonscan.String:
		return e.decodeString(i, shared)
	case jsonscan.Number:
		return json.Number(e.decodeString(i, shared))
	case jsonscan.Array:
		items := make([]any, 0, value.Count())
		for at := i + 1; at < value.Next(); at = e.Next(at) {
			items = append(items, e.decodeAny(at, shared))
		}
		return items
	case jsonscan.Object:
		members := make(map[string]any, value.Count())
		for at := i + 1; at < value.Next(); at = e.Next(at + 1) {
			members[e.decodeString(at, shared)] = e.decodeAny(at+1, shared)
		}
		return members
	default:
		return nil
	}
}

func (e *evaluator) decodeString(i int, shared string) string {
	value := &e.Entries[i]
	if shared == "" || value.Escaped {
		return string(e.Text(i))
	}
	return shared[value.Start:value.End]
}
