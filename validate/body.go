package validate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkBody reads the body and does the checks that come before those of the schema. It leaves the bytes in the request.
func (o *Operation) checkBody(r *http.Request, declared *openapi3.RequestBody) error {
	data, err := o.readBody(r)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	if len(data) == 0 {
		if declared.Required {
			return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "required", Reason: "is required"}}}
		}
		return nil
	}
	mediaType, err := checkMediaType(r.Header, declared.Content)
	if err != nil {
		return err
	}
	if mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") {
		if violation := checkJSON(data, o.options.MaxDepth); violation != nil {
			return &Error{Kind: Invalid, Violations: []Violation{*violation}}
		}
	}
	return nil
}

// TooLarge answers the refusal of a body over Options.MaxBody, for whoever reads bodies before Check does; nil where the
// operation declares no body.
func (o *Operation) TooLarge() *Error {
	if o.route.Operation.RequestBody == nil {
		return nil
	}
	return &Error{Kind: TooLarge, Violations: []Violation{
		{In: Body, Keyword: "size", Reason: fmt.Sprintf("must have at most %d bytes", o.options.MaxBody)},
	}}
}

func (o *Operation) readBody(r *http.Request) ([]byte, error) {
	limit := o.options.MaxBody
	if r.ContentLength > limit {
		return nil, o.TooLarge()
	}
	if r.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, o.TooLarge()
	}
	if err != nil {
		return nil, &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "read", Reason: "did not arrive whole"}}, Err: err}
	}
	return data, nil
}

// checkMediaType answers the media type of the body where the operation takes it.
func checkMediaType(header http.Header, declared openapi3.Content) (string, error) {
	unsupported := func(field, reason string) error {
		return &Error{Kind: UnsupportedMediaType, Violations: []Violation{{In: Header, Field: field, Keyword: "mediaType", Reason: reason}}}
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return "", unsupported("Content-Encoding", "must be absent: the body has to be sent uncompressed")
	}
	contentType := header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || declared.Get(contentType) == nil {
		types := make([]string, 0, len(declared))
		for t := range declared {
			types = append(types, t)
		}
		slices.Sort(types)
		return "", unsupported("Content-Type", "must be "+strings.Join(types, " or "))
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return "", unsupported("Content-Type", "must have charset utf-8 or none")
	}
	return mediaType, nil
}
