package validate

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// An Operation is one operation of the document.
type Operation struct {
	// ID is the operationId, empty if the document has none.
	ID string
	// Method and Path identify the operation in the document. Path parameters
	// are in braces.
	Method string
	Path   string

	options    Options
	security   openapi3.SecurityRequirements
	parameters []*compiledParameter
	body       *compiledBody
	route      *routers.Route
}

// Compiled reports whether valid requests are accepted without kin-openapi, and
// if not, why. Rare spellings, such as +1 for an integer in a query, need
// kin-openapi in any case.
func (o *Operation) Compiled() (ok bool, reason string) {
	for _, p := range o.parameters {
		if p.fallback != "" {
			return false, fmt.Sprintf("%s parameter %s: %s", p.In, p.Name, p.fallback)
		}
	}
	if o.body != nil {
		for _, mediaType := range slices.Sorted(maps.Keys(o.body.declared.Content)) {
			if reason := o.body.compileMedia(o.body.declared.Content[mediaType], mediaType).fallback; reason != "" {
				return false, fmt.Sprintf("body %s: %s", mediaType, reason)
			}
		}
	}
	return true, ""
}

// PathParams returns the unescaped value of a path parameter and whether the
// path contains it.
type PathParams func(name string) (value string, ok bool)

// Check returns nil for a request that conforms to the document and an *Error
// for one that does not. The path parameters are unescaped.
//
// Check reads a body only if the operation declares one. After nil the body can
// be read again and, unless it is empty, r.Body has a method ValidatedValue()
// any that returns the decoded body: objects are map[string]any, numbers
// json.Number.
func (o *Operation) Check(r *http.Request, pathParams map[string]string) error {
	return o.CheckWith(r, func(name string) (string, bool) {
		value, ok := pathParams[name]
		return value, ok
	})
}

// CheckWith is like Check for path parameters that are not in a map.
func (o *Operation) CheckWith(r *http.Request, pathParams PathParams) error {
	if err := o.authenticate(r.Context(), r); err != nil {
		return err
	}
	e := newEvaluator()
	defer e.release()
	c := check{operation: o, request: r, evaluator: e}
	parametersValid := e.validParameters(o.parameters, r, pathParams)
	e.clear()
	if o.body != nil {
		if err := c.readBody(); err != nil {
			return err
		}
	}
	if parametersValid && c.bodyVerdict == valid {
		return nil
	}
	return c.fallback(parametersValid, pathParams)
}

// TooLarge returns the error for a body over Options.MaxBody, for middleware
// that reads the body before Check and gets an *http.MaxBytesError. It returns
// nil if the operation declares no body.
func (o *Operation) TooLarge() *Error {
	if o.route.Operation.RequestBody == nil {
		return nil
	}
	return tooLarge(o.options.MaxBody)
}

func tooLarge(limit int64) *Error {
	return &Error{Kind: TooLarge, Violations: []Violation{
		{In: Body, Keyword: "size", Reason: fmt.Sprintf("must have at most %d bytes", limit)},
	}}
}
