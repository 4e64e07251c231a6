// Package validate validates HTTP requests and responses against an OpenAPI 3.0
// document. kin-openapi defines what is valid. In addition, JSON must be
// strict: no duplicate members, no data after the value, no NUL, valid UTF-8,
// and limited nesting. Errors list every violation with its location and
// reason, and show neither the schema nor the caller's value.
//
// New compiles the schemas of every operation. A request that conforms to the
// compiled schemas is accepted after one pass over its body, without
// kin-openapi. kin-openapi decides about all others, unless the body has so
// many violations that listing them would take it too long. Operation.Compiled
// reports why an operation always needs kin-openapi.
//
// The package is independent of web frameworks: the router tells it the
// operation of a request. Use package echovalidate with Echo and package
// httpvalidate with net/http.
//
// Options.Authenticate checks credentials. Operation.CheckResponse and
// Responses check responses. Bind decodes a validated body.
//
// The schema extension x-expects describes a pattern in words; violations of
// the pattern then read "must be …" with these words.
//
// Register formats with kin-openapi, for example by
// openapi3.DefineStringFormatValidator, before you call New. Pattern matchers
// and uniqueItems checkers that are registered with kin-openapi are not used.
package validate

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Options configure a Validator. The zero value is the default.
type Options struct {
	// MaxBody is the maximum size of a request body in bytes, 64 KiB by default
	// and at most 2 GiB.
	MaxBody int64
	// MaxDepth is the maximum nesting depth of a JSON body, 32 by default.
	MaxDepth int
	// LaxJSON accepts the JSON that encoding/json accepts: duplicate members,
	// of which the last one counts, data after the value, NUL, unpaired
	// surrogates, and up to 10,000 levels of nesting. The default is false.
	LaxJSON bool
	// Authenticate checks the credentials of a request for one scheme of a
	// security requirement, before the body is read. Its error becomes the
	// cause of an *Error of kind Unauthenticated; if it is an *Error itself and
	// the only alternative, it is returned as is. By default security
	// requirements are ignored.
	Authenticate func(ctx context.Context, r *http.Request, credentials Credentials) error
}

// A Validator validates requests for the operations of one document. It is safe
// for concurrent use.
type Validator struct {
	operations []*Operation
}

// New returns a validator for the document. It does not change the document,
// and neither must the caller from then on. New returns an error for an invalid
// document, for a version other than 3.0, and for a schema that consists only
// of references to itself, on which kin-openapi does not terminate.
func New(doc *openapi3.T, options Options) (*Validator, error) {
	if !doc.IsOpenAPI30() {
		return nil, fmt.Errorf("validate document: unsupported OpenAPI version %q, want 3.0", doc.OpenAPI)
	}
	if err := checkSelfReferences(schemasOf(doc)); err != nil {
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
			// kin-openapi would read a body of any size before it checks
			// credentials, so this package does that itself.
			public := *operation
			public.Security = openapi3.NewSecurityRequirements()
			o := &Operation{
				ID:       operation.OperationID,
				Method:   method,
				Path:     path,
				options:  options,
				security: securityOf(doc, operation),
				route:    &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: &public},
			}
			for _, p := range parametersOf(item, operation) {
				o.parameters = append(o.parameters, parameters.compileParameter(p))
			}
			if operation.RequestBody != nil {
				o.body = compileBody(operation.RequestBody.Value, bodies)
			}
			v.operations = append(v.operations, o)
		}
	}
	return v, nil
}

// Operations returns all operations of the document, in no particular order.
func (v *Validator) Operations() []*Operation {
	return slices.Clone(v.operations)
}

// securityOf returns the security requirements of an operation, which default
// to those of the document.
func securityOf(doc *openapi3.T, operation *openapi3.Operation) openapi3.SecurityRequirements {
	if operation.Security != nil {
		return *operation.Security
	}
	return doc.Security
}

// schemasOf returns the schemas of all parameters, request bodies and
// responses.
func schemasOf(doc *openapi3.T) []*openapi3.SchemaRef {
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
