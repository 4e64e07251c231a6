package validate

import (
	"net/http"
	"strings"
	"unicode"
)

// Kind says what a request was refused for.
type Kind int

// The kinds.
const (
	// Invalid is a request that does not follow the document.
	Invalid Kind = iota + 1
	// TooLarge is a body over Options.MaxBody.
	TooLarge
	// UnsupportedMediaType is a body in a form that the operation does not take.
	UnsupportedMediaType
	// Unauthenticated is a request that Options.Authenticate refused.
	Unauthenticated
	// BadResponse is a response that does not follow the document.
	BadResponse
)

// Status answers the HTTP status for the kind: 400, 413, 415, 401 or 500.
func (k Kind) Status() int {
	switch k {
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case Unauthenticated:
		return http.StatusUnauthorized
	case BadResponse:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// An Error is a refused request, or a response that does not follow the document.
type Error struct {
	Kind Kind
	// Violations are the places that are wrong, at least one and at most 16.
	Violations []Violation
	// Err is a cause outside of the request's content, for the log; mostly nil.
	Err error
}

// Error names the places and reasons. It is fit to be shown to the caller.
func (e *Error) Error() string {
	texts := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		texts[i] = v.String()
	}
	return strings.Join(texts, "; ")
}

// Unwrap answers the cause.
func (e *Error) Unwrap() error {
	return e.Err
}

// In is a part of a request or a response.
type In string

// The parts, with the names that OpenAPI gives to those that hold parameters.
const (
	Path   In = "path"
	Query  In = "query"
	Header In = "header"
	Cookie In = "cookie"
	Body   In = "body"
	// Status is the status of a response.
	Status In = "status"
)

// A Violation is one place in which a request does not follow the document.
type Violation struct {
	In In
	// Field is the parameter's name or, in a body, the JSON pointer of the member (RFC 6901), cut where it is long;
	// empty for the part as a whole.
	Field string
	// Keyword is the keyword of the schema that is not met, or one of "additionalProperties" for a member that the
	// schema does not name, "json" for what is no JSON value or followed by more data, "duplicate", "depth", "nul",
	// "utf8", "size", "complexity" for what takes too long to check, "mediaType",
	// "query", "read" and "security", and of responses "status" and "response".
	Keyword string
	// Reason continues the sentence that the field begins: "must be a string".
	Reason string
}

// String answers the violation in one line: the names of members are the caller's, so control characters in them are
// replaced.
func (v Violation) String() string {
	if v.Field == "" {
		return string(v.In) + ": " + v.Reason
	}
	field := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, v.Field)
	return string(v.In) + " " + field + ": " + v.Reason
}
