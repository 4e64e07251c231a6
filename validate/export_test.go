package validate

import "net/http"

// CompiledVerdict is the result of the compiled schemas for a request, without
// kin-openapi.
type CompiledVerdict struct {
	// Parameters and Body are set if these are valid, BodyInvalid if the body
	// is not. None is set if only kin-openapi can decide.
	Parameters, Body, BodyInvalid bool
	// Violations are those that the compiled schema reports for an invalid
	// body.
	Violations []Violation
}

// CompiledVerdict returns the result of the compiled schemas.
func (o *Operation) CompiledVerdict(r *http.Request, pathParams map[string]string) CompiledVerdict {
	e := newEvaluator()
	defer e.release()
	c := check{operation: o, request: r, evaluator: e}
	verdict := CompiledVerdict{}
	verdict.Parameters = e.validParameters(o.parameters, r, func(name string) (string, bool) {
		value, ok := pathParams[name]
		return value, ok
	})
	e.clear()
	if o.body != nil && c.readBody() != nil {
		return verdict
	}
	verdict.Body, verdict.BodyInvalid = c.bodyVerdict == valid, c.bodyVerdict == invalid
	if verdict.BodyInvalid {
		if rejected, ok := c.explain().(*Error); ok && !e.undecided { //nolint:errorlint // it is never wrapped
			verdict.Violations = rejected.Violations
		}
	}
	return verdict
}
