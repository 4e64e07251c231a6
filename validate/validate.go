// Package validate checks HTTP requests against an OpenAPI 3.0 document. The verdict is kin-openapi's; on top of it come
// the checks of JSON that kin-openapi leaves to encoding/json: duplicate members, data after the value, NUL, invalid
// UTF-8 and deep nesting. A refusal names every place that is wrong and the reason, and shows neither the schema nor the
// caller's value.
//
// The package knows no web framework: whoever routes a request also says which operation it is. For Echo, package
// echovalidate does so.
//
// A schema with a pattern may carry the extension x-expects, the pattern in words; refusals then say "must be …" with
// these words.
package validate

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Options of a Validator; the zero value is the default.
type Options struct {
	// MaxBody is how many bytes a request body has at most; 64 KiB by default.
	MaxBody int64
	// MaxDepth is how many levels deep a JSON body is nested at most; 32 by default.
	MaxDepth int
}

// A Validator holds the operations of one document. It is safe for concurrent use.
type Validator struct {
	operations []*Operation
}

// New answers a validator for the document, which it does not change and which has to stay as it is. A document that
// breaks the rules of OpenAPI or follows another version than 3.0 is refused.
func New(doc *openapi3.T, options Options) (*Validator, error) {
	if !doc.IsOpenAPI30() {
		return nil, fmt.Errorf("validate document: it follows OpenAPI %q instead of 3.0", doc.OpenAPI)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate document: %w", err)
	}
	if options.MaxBody == 0 {
		options.MaxBody = 64 << 10
	}
	if options.MaxDepth == 0 {
		options.MaxDepth = 32
	}
	v := &Validator{}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		for method, operation := range item.Operations() {
			// kin-openapi reads the whole body, of any size, before it asks who calls. That question is not asked here.
			open := *operation
			open.Security = openapi3.NewSecurityRequirements()
			v.operations = append(v.operations, &Operation{
				ID:         operation.OperationID,
				Method:     method,
				Path:       path,
				options:    options,
				parameters: parametersOf(item, operation),
				route:      &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: &open},
			})
		}
	}
	return v, nil
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
	parameters []*openapi3.Parameter
	route      *routers.Route
}

// Check answers nil for a request that follows the document and an *Error for one that does not. The path parameters
// are by name and unescaped. Check reads a body that the operation declares. After nil the body of the request can be
// read anew and, unless it is empty, has a method ValidatedValue() any that answers it decoded. A body that the
// operation does not declare is not read, and security requirements are not looked at.
func (o *Operation) Check(r *http.Request, pathParams map[string]string) error {
	if o.route.Operation.RequestBody != nil {
		if err := o.checkBody(r, o.route.Operation.RequestBody.Value); err != nil {
			return err
		}
	}
	input := &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: pathParams,
		Route:      o.route,
		Options: &openapi3filter.Options{
			MultiError:          true,
			SkipSettingDefaults: true,
			KeepValidatedValue:  true,
		},
	}
	if err := o.checkParameters(input); err != nil {
		return err
	}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		return refusal(err)
	}
	return nil
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
