package validate

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// check is the validation of one request.
type check struct {
	operation *Operation
	request   *http.Request
	evaluator *evaluator
	// body is the request body and media its media type; both are nil without a
	// body.
	body        []byte
	media       *compiledMedia
	bodyVerdict verdict
	// lax is the body if only encoding/json accepts it; see Options.LaxJSON.
	lax *checkedBody
}

// verdict is the result of the compiled schema for a body.
type verdict uint8

const (
	valid verdict = iota
	invalid
	undecided
)

// readBody reads the body, leaves it in the request for the next reader, runs
// the checks that come before the schema, and evaluates the compiled schema.
func (c *check) readBody() error {
	body := &checkedBody{maxDepth: c.operation.options.MaxDepth}
	if err := body.read(c.request, c.operation.options.MaxBody); err != nil {
		return err
	}
	data := body.Bytes()
	if len(data) == 0 {
		if c.operation.body.declared.Required {
			return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "required", Reason: "is required"}}}
		}
		return nil
	}
	media, err := c.operation.body.mediaFor(c.request.Header)
	if err != nil {
		return err
	}
	c.media, c.body, c.bodyVerdict = media, data, undecided
	body.json = media.json
	c.request.Body = body
	if !c.media.json {
		return nil
	}
	if !c.evaluator.Scan(data, c.operation.options.MaxDepth) {
		if c.operation.options.LaxJSON {
			c.lax = body
			return body.decodeLax()
		}
		return &Error{Kind: Invalid, Violations: []Violation{jsonViolation(c.evaluator.Err())}}
	}
	body.keep(c.evaluator)
	if c.media.schema == nil {
		c.bodyVerdict = valid
	}
	if c.media.compiled == nil {
		return nil
	}
	switch ok := c.evaluator.valid(c.media.compiled, 0); {
	case c.evaluator.undecided:
	case ok:
		c.bodyVerdict = valid
	default:
		c.bodyVerdict = invalid
	}
	return nil
}

// jsonViolation converts an error of the JSON scanner.
func jsonViolation(err *jsonscan.Error) Violation {
	return Violation{In: Body, Field: jsonPointer(err.Path), Keyword: err.Keyword, Reason: err.Reason}
}

// fallback lets kin-openapi decide about parameters and bodies that the
// compiled schemas did not accept.
func (c *check) fallback(parametersValid bool, pathParams PathParams) error {
	var input *openapi3filter.RequestValidationInput
	if !parametersValid || c.media == nil || c.media.compiled == nil {
		input = c.fallbackInput(pathParams) // not needed for a body that was decoded here
	}
	var errs openapi3.MultiError
	if !parametersValid {
		if err := c.operation.checkParameters(input); err != nil {
			return err
		}
		for _, p := range c.operation.parameters {
			if err := openapi3filter.ValidateParameter(c.request.Context(), input, p.Parameter); err != nil {
				errs = append(errs, err)
			}
		}
	}
	if c.bodyVerdict != valid {
		err := c.fallbackBody(input)
		if rejected, ok := errors.AsType[*Error](err); ok {
			return rejected
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return convertError(errs)
	}
	return nil
}

// kin-openapi takes time for every schema that it applies, and memory for every
// value and for its errors, which repeat the value. So it explains only small
// invalid bodies, and decides only about bodies of moderate cost.
const (
	maxExplainCost  = 400
	maxExplainBytes = 4 << 10
	maxFallbackCost = 100_000
)

// fallbackBody lets kin-openapi decide about the body. It returns an *Error for
// a body that this package rejects itself.
func (c *check) fallbackBody(input *openapi3filter.RequestValidationInput) error {
	schema, declared := c.media.compiled, c.operation.body.declared
	if c.lax != nil {
		return c.fallbackLax(input)
	}
	if schema == nil {
		return openapi3filter.ValidateRequestBody(c.request.Context(), input, declared)
	}
	c.evaluator.restart(passCost)
	c.evaluator.valid(schema, 0)
	switch cost := c.evaluator.cost; {
	case c.bodyVerdict == invalid && (cost > maxExplainCost || len(c.evaluator.Entries) > maxExplainCost || len(c.body) > maxExplainBytes):
		return c.explain()
	case cost > maxFallbackCost || c.evaluator.tooComplex():
		return complexityError()
	}
	value := c.evaluator.decodeAny(0, string(c.body))
	if err := schema.source.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.MultiErrors()); err != nil {
		return &openapi3filter.RequestError{Input: input, RequestBody: declared, Err: err}
	}
	return nil
}

// fallbackLax lets kin-openapi decide about a body that encoding/json decoded.
// kin-openapi does not decode it, because built with Go 1.27 it rejects
// duplicate members.
func (c *check) fallbackLax(input *openapi3filter.RequestValidationInput) error {
	if c.media.schema == nil {
		return nil
	}
	err := c.media.schema.Value.VisitJSON(c.lax.value, openapi3.VisitAsRequest(), openapi3.MultiErrors())
	if err != nil {
		return &openapi3filter.RequestError{Input: input, RequestBody: c.operation.body.declared, Err: err}
	}
	return nil
}

// complexityError rejects a body that would take too long to check, also with
// kin-openapi.
func complexityError() error {
	return &Error{Kind: Invalid, Violations: []Violation{
		{In: Body, Keyword: "complexity", Reason: "must be simpler: checking it takes too long"},
	}}
}

// explain returns the violations that the compiled schema finds.
func (c *check) explain() error {
	c.evaluator.restart(passExplain)
	c.evaluator.valid(c.media.compiled, 0)
	if len(c.evaluator.violations) == 0 {
		return complexityError()
	}
	return &Error{Kind: Invalid, Violations: slices.Clone(c.evaluator.violations)}
}

// fallbackInput returns the request in the form that kin-openapi expects.
func (c *check) fallbackInput(pathParams PathParams) *openapi3filter.RequestValidationInput {
	params := map[string]string{}
	for _, p := range c.operation.parameters {
		if p.In == openapi3.ParameterInPath {
			if value, ok := pathParams(p.Name); ok {
				params[p.Name] = value
			}
		}
	}
	return &openapi3filter.RequestValidationInput{
		Request:    c.request,
		PathParams: params,
		Route:      c.operation.route,
		Options:    &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true, KeepValidatedValue: true},
	}
}

// convertError converts an error of kin-openapi to an *Error without its text.
// An error that is not about the request is wrapped as it is.
func convertError(err error) error {
	var c collector
	c.collect(err)
	if len(c.violations) == 0 {
		return fmt.Errorf("validate request: %w", err)
	}
	return &Error{Kind: Invalid, Violations: c.violations}
}
