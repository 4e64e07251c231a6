package validate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// CheckResponse returns nil for a response that conforms to the document and an
// *Error of kind BadResponse for one with an undocumented status or media type,
// or with an invalid header or body. Every response goes through kin-openapi,
// so CheckResponse suits tests and canaries rather than all production traffic.
func (o *Operation) CheckResponse(r *http.Request, status int, header http.Header, body []byte) error {
	violation := func(in In, field, keyword, reason string) error {
		return &Error{Kind: BadResponse, Violations: []Violation{{In: in, Field: field, Keyword: keyword, Reason: reason}}}
	}
	responses := o.route.Operation.Responses
	ref := responses.Status(status)
	if ref == nil {
		ref = responses.Default()
	}
	if ref == nil || ref.Value == nil {
		return violation(Status, "", "status", fmt.Sprintf("must be documented; %d is not", status))
	}
	if content := ref.Value.Content; len(content) > 0 && r.Method != http.MethodHead && content.Get(header.Get("Content-Type")) == nil {
		return violation(Header, "Content-Type", "mediaType", "must be documented")
	}
	err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: o.route},
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{MultiError: true},
	})
	if err == nil {
		return nil
	}
	c := collector{in: Body}
	if responseError, ok := errors.AsType[*openapi3filter.ResponseError](err); ok {
		c.collect(responseError.Err)
	}
	if len(c.violations) == 0 {
		return violation(Body, "", "response", "does not conform to the document, or a header does not")
	}
	return &Error{Kind: BadResponse, Violations: c.violations}
}

// ResponseMode defines what happens to responses that do not conform to the
// document.
type ResponseMode int

// Modes of Responses.
const (
	// Report sends responses unchanged and checks them afterwards.
	Report ResponseMode = iota
	// Enforce buffers responses until they are checked and replaces invalid
	// ones by an empty 500.
	Enforce
)

// Responses checks the responses of operations. The zero value only counts; the
// adapters accept nil for no checks. It is safe for concurrent use.
type Responses struct {
	// Mode is Report by default.
	Mode ResponseMode
	// OnViolation is called with the *Error of every invalid response, unless
	// it is nil.
	OnViolation func(r *http.Request, err error)
	// MaxBody is the maximum number of bytes that are buffered for the check, 1
	// MiB by default. Longer responses are sent unchecked.
	MaxBody int

	checked, violating, unchecked atomic.Int64
}

// Counts returns the number of checked responses, of invalid ones among these,
// and of responses that were too long to check.
func (v *Responses) Counts() (checked, invalid, unchecked int64) {
	return v.checked.Load(), v.violating.Load(), v.unchecked.Load()
}

// Writer returns a writer for the response to a request. Call Finish when the
// response is complete, but not after a panic: a buffered response was not sent
// then.
func (v *Responses) Writer(o *Operation, r *http.Request, w http.ResponseWriter) *ResponseWriter {
	return &ResponseWriter{ResponseWriter: w, responses: v, operation: o, request: r, status: http.StatusOK}
}

// ResponseWriter copies a response for its check.
type ResponseWriter struct {
	http.ResponseWriter
	responses *Responses
	operation *Operation
	request   *http.Request
	status    int
	wrote     bool
	overflow  bool
	body      bytes.Buffer
}

// Unwrap supports http.ResponseController.
func (w *ResponseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Held reports whether the response is buffered until its check, so that
// nothing was sent yet.
func (w *ResponseWriter) Held() bool { return w.responses.Mode == Enforce && !w.overflow }

// WriteHeader implements http.ResponseWriter.
func (w *ResponseWriter) WriteHeader(status int) {
	if informational := status < http.StatusOK; informational || w.wrote {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.status, w.wrote = status, true
	if !w.Held() {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (w *ResponseWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	limit := w.responses.MaxBody
	if limit == 0 {
		limit = 1 << 20
	}
	if !w.overflow && w.body.Len()+len(p) > limit {
		if err := w.passThrough(); err != nil {
			return 0, err
		}
	}
	if !w.overflow {
		w.body.Write(p)
	}
	if w.Held() {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// FlushError supports http.ResponseController. It has no effect on a buffered
// response.
func (w *ResponseWriter) FlushError() error {
	if w.Held() {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *ResponseWriter) Flush() { _ = w.FlushError() }

// passThrough stops buffering a response that is too long, and sends what was
// buffered.
func (w *ResponseWriter) passThrough() error {
	held := w.Held()
	w.overflow = true
	if !held {
		return nil
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, err := w.body.WriteTo(w.ResponseWriter)
	return err
}

// Finish checks the response, sends it or an empty 500 if it was buffered, and
// returns the *Error of an invalid response.
func (w *ResponseWriter) Finish() error {
	if w.overflow {
		w.responses.unchecked.Add(1)
		return nil
	}
	err := w.operation.CheckResponse(w.request, w.status, w.Header(), w.body.Bytes())
	w.responses.checked.Add(1)
	if err != nil {
		w.responses.violating.Add(1)
		if w.responses.OnViolation != nil {
			w.responses.OnViolation(w.request, err)
		}
	}
	if w.responses.Mode != Enforce {
		return err
	}
	if err != nil {
		clear(w.Header())
		w.ResponseWriter.WriteHeader(http.StatusInternalServerError)
		return err
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, sent := w.body.WriteTo(w.ResponseWriter)
	return sent
}
