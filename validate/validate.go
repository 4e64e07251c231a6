// Package validate checks HTTP requests against an OpenAPI 3.0 document. The verdict is kin-openapi's; on top of it come
// the checks of JSON that kin-openapi leaves to encoding/json: duplicate members, data after the value, NUL, invalid
// UTF-8 and deep nesting. A refusal names every place that is wrong and the reason, and shows neither the schema nor the
// caller's value.
//
// New compiles every operation. What is certainly valid to the compiled form is accepted without a look at kin-openapi,
// after one walk over the bytes of the body; everything else is for kin-openapi to decide. Operation.Compiled says where an
// operation always needs it. A body that is certainly wrong, in so many places that kin-openapi would take long to list
// them, is refused by the compiled form.
//
// The package knows no web framework: whoever routes a request also says which operation it is. For Echo, package
// echovalidate does so, for net/http package httpvalidate.
//
// Credentials are for Options.Authenticate to check, where it is given. Responses are checked by Operation.CheckResponse or,
// on their way out, by Responses: reported or enforced. Bind decodes a body that was accepted.
//
// A schema with a pattern may carry the extension x-expects, the pattern in words; refusals then say "must be …" with
// these words.
//
// Formats are checked where they are registered with kin-openapi when New is called, such as by
// openapi3.DefineStringFormatValidator. Matchers for patterns and checkers of unique items that are registered with
// kin-openapi are not used.
package validate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Options of a Validator; the zero value is the default.
type Options struct {
	// MaxBody is how many bytes a request body has at most; 64 KiB by default. More than 2 GiB are never read.
	MaxBody int64
	// MaxDepth is how many levels deep a JSON body is nested at most; 32 by default.
	MaxDepth int
	// LaxJSON takes JSON as encoding/json does: with duplicate members, of which the last one counts, data after the value,
	// NUL and half surrogate pairs, and nested up to 10,000 levels deep. By default all these are refused.
	LaxJSON bool
	// Authenticate is asked whether a request holds the credentials that a security requirement names, before anything of
	// the body is read; an error says that it does not and becomes the cause of an *Error of kind Unauthenticated, unless it
	// is an *Error itself and there is no alternative. By default security requirements are not looked at.
	Authenticate func(ctx context.Context, r *http.Request, credentials Credentials) error
}

// A Validator holds the operations of one document. It is safe for concurrent use.
type Validator struct {
	operations []*Operation
}

// New answers a validator for the document, which it does not change and which has to stay as it is. A document that
// breaks the rules of OpenAPI or follows another version than 3.0 is refused, and so is one with a schema that is only made
// of itself, on which kin-openapi would not come to an end.
func New(doc *openapi3.T, options Options) (*Validator, error) {
	if !doc.IsOpenAPI30() {
		return nil, fmt.Errorf("validate document: it follows OpenAPI %q instead of 3.0", doc.OpenAPI)
	}
	if err := endless(refsOf(doc)); err != nil {
		return nil, fmt.Errorf("validate document: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate document: %w", err)
	}
	if options.MaxBody == 0 {
		options.MaxBody = 64 << 10
	}
	options.MaxBody = min(options.MaxBody, math.MaxInt32)
	if options.MaxDepth == 0 {
		options.MaxDepth = 32
	}
	v := &Validator{}
	parameters, bodies := newCompiler(inParameter), newCompiler(inRequest)
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		for method, operation := range item.Operations() {
			// kin-openapi reads the whole body, of any size, before it asks who calls. So it is not asked that question.
			open := *operation
			open.Security = openapi3.NewSecurityRequirements()
			o := &Operation{
				ID:       operation.OperationID,
				Method:   method,
				Path:     path,
				options:  options,
				security: securityOf(doc, operation),
				route:    &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: &open},
			}
			for _, p := range parametersOf(item, operation) {
				o.parameters = append(o.parameters, parameters.parameter(p))
			}
			if operation.RequestBody != nil {
				o.body = newBodyPlan(operation.RequestBody.Value, bodies)
			}
			v.operations = append(v.operations, o)
		}
	}
	return v, nil
}

// securityOf answers the security requirements of an operation: its own, or else the document's.
func securityOf(doc *openapi3.T, operation *openapi3.Operation) openapi3.SecurityRequirements {
	if operation.Security != nil {
		return *operation.Security
	}
	return doc.Security
}

// refsOf answers the schemas that requests and responses may be checked against.
func refsOf(doc *openapi3.T) []*openapi3.SchemaRef {
	var refs []*openapi3.SchemaRef
	content := func(content openapi3.Content) {
		for _, media := range content {
			if media != nil {
				refs = append(refs, media.Schema)
			}
		}
	}
	parameters := func(parameters openapi3.Parameters) {
		for _, p := range parameters {
			if p != nil && p.Value != nil {
				refs = append(refs, p.Value.Schema)
				content(p.Value.Content)
			}
		}
	}
	for _, item := range doc.Paths.Map() {
		if item == nil {
			continue
		}
		parameters(item.Parameters)
		for _, operation := range item.Operations() {
			parameters(operation.Parameters)
			if operation.RequestBody != nil && operation.RequestBody.Value != nil {
				content(operation.RequestBody.Value.Content)
			}
			for _, response := range operation.Responses.Map() {
				if response != nil && response.Value != nil {
					content(response.Value.Content)
				}
			}
		}
	}
	return refs
}

// Operations answers all operations of the document, in no particular order.
func (v *Validator) Operations() []*Operation {
	return slices.Clone(v.operations)
}

// An Operation of the document.
type Operation struct {
	// ID is the operationId, empty where the document gives none.
	ID string
	// Method and Path are the operation's place in the document; parameters in the path stand in braces.
	Method string
	Path   string

	options    Options
	security   openapi3.SecurityRequirements
	parameters []*parameterPlan
	body       *bodyPlan
	route      *routers.Route
}

// Compiled tells whether valid requests of the operation do without kin-openapi, and if not why. Spellings that are rare,
// such as +1 for an integer in a query, are left to kin-openapi in any case.
func (o *Operation) Compiled() (ok bool, why string) {
	for _, p := range o.parameters {
		if p.why != "" {
			return false, fmt.Sprintf("%s parameter %s: %s", p.In, p.Name, p.why)
		}
	}
	if o.body != nil {
		for _, mediaType := range slices.Sorted(mapKeys(o.body.declared.Content)) {
			if why := o.body.media(o.body.declared.Content[mediaType], mediaType).why; why != "" {
				return false, fmt.Sprintf("body %s: %s", mediaType, why)
			}
		}
	}
	return true, ""
}

// PathParams answers a path parameter, unescaped, by its name, and whether the path holds it.
type PathParams func(name string) (value string, ok bool)

// Check answers nil for a request that follows the document and an *Error for one that does not. The path parameters
// are by name and unescaped. Check reads a body that the operation declares. After nil the body of the request can be
// read anew and, unless it is empty, has a method ValidatedValue() any that answers it decoded: objects are
// map[string]any, numbers json.Number. A body that the operation does not declare is not read.
func (o *Operation) Check(r *http.Request, pathParams map[string]string) error {
	return o.CheckWith(r, func(name string) (string, bool) {
		value, ok := pathParams[name]
		return value, ok
	})
}

// CheckWith is Check for path parameters that are not in a map.
func (o *Operation) CheckWith(r *http.Request, pathParams PathParams) error {
	if err := o.authenticate(r.Context(), r); err != nil {
		return err
	}
	run := newRun()
	defer run.free()
	c := check{operation: o, request: r, run: run}
	parametersValid := run.parameters(o.parameters, r, pathParams)
	run.forget()
	if o.body != nil {
		if err := c.readBody(); err != nil {
			return err
		}
	}
	if parametersValid && c.bodyVerdict == valid {
		return nil
	}
	return c.ask(parametersValid, pathParams)
}

// check is the work on one request.
type check struct {
	operation *Operation
	request   *http.Request
	run       *run
	// data is the body, and media what the operation declares for its form; nil where there is none.
	data        []byte
	media       *mediaPlan
	bodyVerdict verdict
}

// verdict is what the compiled form says about a body.
type verdict uint8

const (
	valid verdict = iota
	invalid
	unsure
)

// ask has kin-openapi decide about what is not certainly valid.
func (c *check) ask(parametersValid bool, pathParams PathParams) error {
	var input *openapi3filter.RequestValidationInput
	if !parametersValid || c.media == nil || c.media.node == nil {
		input = c.input(pathParams) // a body that was read here is checked without
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
		err := c.askBody(input)
		if refused, ok := errors.AsType[*Error](err); ok {
			return refused
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return refusal(errs)
	}
	return nil
}

// input is the request as kin-openapi wants it.
func (c *check) input(pathParams PathParams) *openapi3filter.RequestValidationInput {
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

// refusal turns what kin-openapi answers into an Error. Nothing of its text is taken over. An error that is not about the
// request stays as it is.
func refusal(err error) error {
	var c collector
	c.collect(err)
	if len(c.violations) == 0 {
		return fmt.Errorf("validate request: %w", err)
	}
	return &Error{Kind: Invalid, Violations: c.violations}
}
