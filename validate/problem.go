package validate

import "net/http"

// Problem is an Error in the form of RFC 9457, to be written as
// application/problem+json.
type Problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Errors []ProblemEntry `json:"errors,omitempty"`
}

// ProblemEntry is a Violation in a Problem.
type ProblemEntry struct {
	In      string `json:"in"`
	Field   string `json:"field,omitempty"`
	Keyword string `json:"keyword"`
	Message string `json:"message"`
}

// Problem returns the error as a problem of type about:blank. It contains
// neither the schema nor the caller's value.
func (e *Error) Problem() Problem {
	status := e.Kind.Status()
	p := Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: e.Error()}
	for _, v := range e.Violations {
		p.Errors = append(p.Errors, ProblemEntry{In: string(v.In), Field: v.Field, Keyword: v.Keyword, Message: v.Reason})
	}
	return p
}
