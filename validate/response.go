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

// CheckResponse answers nil for a response that follows the document and an *Error of kind BadResponse for one that does
// not: a status that is not documented, a media type, header or body that is not the documented one. It asks kin-openapi
// about every response, so it is for tests and canaries.
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
		return violation(Status, "", "status", fmt.Sprintf("must be a documented one; %d is not", status))
	}
	if content := ref.Value.Content; len(content) > 0 && r.Method != http.MethodHead && content.Get(header.Get("Content-Type")) == nil {
		return violation(Header, "Content-Type", "mediaType", "must be a documented one")
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
	if wrong, ok := errors.AsType[*openapi3filter.ResponseError](err); ok {
		c.collect(wrong.Err)
	}
	if len(c.violations) == 0 {
		return violation(Body, "", "response", "does not follow the document, nor may its headers")
	}
	return &Error{Kind: BadResponse, Violations: c.violations}
}

// ResponseMode says what becomes of responses that leave the document.
type ResponseMode int

// The modes.
const (
	// Report lets responses pass as they are written and checks them afterwards.
	Report ResponseMode = iota
	// Enforce holds responses back until they are checked, and answers 500 instead of those that leave the document.
	Enforce
)

// Responses checks the responses of operations. The zero value reports to nobody but counts; the adapters take nil for no
// checks at all. It is safe for concurrent use.
type Responses struct {
	// Mode is Report by default.
	Mode ResponseMode
	// OnViolation is called for every response that leaves the document, with the *Error; nil calls nobody.
	OnViolation func(r *http.Request, err error)
	// MaxBody is how many bytes of a response are kept to be checked; 1 MiB by default. Longer ones pass unchecked.
	MaxBody int

	checked, wrong, unchecked atomic.Int64
}

// Counts answers how many responses were checked, how many of these left the document, and how many were too long.
func (v *Responses) Counts() (checked, wrong, unchecked int64) {
	return v.checked.Load(), v.wrong.Load(), v.unchecked.Load()
}

// Writer answers a writer for the response to a request of an operation. Finish has to be called once it is complete, and
// not after a panic: then nothing was answered yet, as far as responses are held back.
func (v *Responses) Writer(o *Operation, r *http.Request, w http.ResponseWriter) *ResponseWriter {
	return &ResponseWriter{ResponseWriter: w, responses: v, operation: o, request: r, status: http.StatusOK}
}

// ResponseWriter keeps a copy of a response, to be checked.
type ResponseWriter struct {
	http.ResponseWriter
	responses *Responses
	operation *Operation
	request   *http.Request
	status    int
	wrote     bool
	long      bool
	body      bytes.Buffer
}

// Unwrap is for http.ResponseController.
func (w *ResponseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Held tells whether what is written waits for its check, so that nothing of it was sent.
func (w *ResponseWriter) Held() bool { return w.responses.Mode == Enforce && !w.long }

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
	if !w.long && w.body.Len()+len(p) > limit {
		if err := w.pass(); err != nil {
			return 0, err
		}
	}
	if !w.long {
		w.body.Write(p)
	}
	if w.Held() {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// FlushError is for http.ResponseController. A response that waits for its check is not sent earlier.
func (w *ResponseWriter) FlushError() error {
	if w.Held() {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *ResponseWriter) Flush() { _ = w.FlushError() }

// pass gives up on a response that is too long, and sends what was held back.
func (w *ResponseWriter) pass() error {
	held := w.Held()
	w.long = true
	if !held {
		return nil
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, err := w.body.WriteTo(w.ResponseWriter)
	return err
}

// Finish checks the response and, if it was held back, sends it or an empty 500. It answers what is wrong with it.
func (w *ResponseWriter) Finish() error {
	if w.long {
		w.responses.unchecked.Add(1)
		return nil
	}
	err := w.operation.CheckResponse(w.request, w.status, w.Header(), w.body.Bytes())
	w.responses.checked.Add(1)
	if err != nil {
		w.responses.wrong.Add(1)
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
