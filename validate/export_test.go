package validate

import "net/http"

// Opinion is what the compiled form says about a request, without kin-openapi.
type Opinion struct {
	// Parameters and Body are certainly valid, BodyInvalid certainly is not.
	Parameters, Body, BodyInvalid bool
	// Violations are what the compiled form would say is wrong with a body that is certainly invalid.
	Violations []Violation
}

// OpinionOn answers what the compiled form says.
func (o *Operation) OpinionOn(r *http.Request, pathParams map[string]string) Opinion {
	run := newRun()
	defer run.free()
	c := check{operation: o, request: r, run: run}
	opinion := Opinion{}
	opinion.Parameters = run.parameters(o.parameters, r, func(name string) (string, bool) {
		value, ok := pathParams[name]
		return value, ok
	})
	run.forget()
	if o.body != nil && c.readBody() != nil {
		return opinion
	}
	opinion.Body, opinion.BodyInvalid = c.bodyVerdict == valid, c.bodyVerdict == invalid
	if opinion.BodyInvalid {
		if refused, ok := c.explain().(*Error); ok && !run.ask { //nolint:errorlint // it is never wrapped
			opinion.Violations = refused.Violations
		}
	}
	return opinion
}
