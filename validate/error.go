package validate

import (
	"net/http"
	"strings"
	"unicode"
)

// Kind classifies an Error.
type Kind int

// Kinds of errors.
const (
	// Invalid is a request that does not conform to the document.
	Invalid Kind = iota + 1
	// TooLarge is a request with a body over Options.MaxBody.
	TooLarge
	// UnsupportedMediaType is a request with a body of a media type that the
	// operation does not accept.
	UnsupportedMediaType
	// Unauthenticated is a request that Options.Authenticate rejected.
	Unauthenticated
	// BadResponse is a response that does not conform to the document.
	BadResponse
)

// Status returns the HTTP status for the kind: 400, 413, 415, 401 or 500.
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

// An Error describes a request or a response that does not conform to the
// document.
type Error struct {
	Kind Kind
	// Violations has 1 to 16 elements.
	Violations []Violation
	// Err is the underlying error, if any. It is for the log, not for the
	// caller.
	Err error
}

// Error returns the locations and reasons of all violations. The text is safe
// to show to the caller.
func (e *Error) Error() string {
	texts := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		texts[i] = v.String()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns Err.
func (e *Error) Unwrap() error {
	return e.Err
}

// In is a part of a request or a response.
type In string

// Parts of a request or a response. Those of parameters have the names that
// OpenAPI uses.
const (
	Path   In = "path"
	Query  In = "query"
	Header In = "header"
	Cookie In = "cookie"
	Body   In = "body"
	// Status is the status code of a response.
	Status In = "status"
)

// A Violation is one location that does not conform to the document.
type Violation struct {
	In In
	// Field is the name of a parameter or, in a body, the JSON pointer (RFC
	// 6901) to the value, truncated if it is long. It is empty for the part as
	// a whole.
	Field string
	// Keyword is the violated keyword of the schema, or one of the following:
	// "additionalProperties" for an unknown member, "json" for invalid JSON,
	// "duplicate", "depth", "nul", "utf8", "size", "complexity" for a body that
	// would take too long to check, "mediaType", "query", "read", "security",
	// and for responses "status" and "response".
	Keyword string
	// Reason completes a sentence that starts with the field: "must be a
	// string".
	Reason string
}

// String returns the violation in one line. Member names come from the caller,
// so control characters in them are replaced.
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
