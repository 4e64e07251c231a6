package validate

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Credentials identify what a security requirement of the document expects.
type Credentials struct {
	// Name is the name of the security scheme and Scheme its definition in the
	// document.
	Name   string
	Scheme *openapi3.SecurityScheme
	Scopes []string
}

// authenticate checks the security requirements of the operation before the
// body is read. All schemes of one alternative must be satisfied.
func (o *Operation) authenticate(ctx context.Context, r *http.Request) error {
	if o.options.Authenticate == nil || len(o.security) == 0 {
		return nil
	}
	var errs []error
	for _, alternative := range o.security {
		err := o.satisfies(ctx, r, alternative)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	if rejected, ok := errors.AsType[*Error](errs[0]); ok && len(errs) == 1 {
		return rejected
	}
	return &Error{
		Kind:       Unauthenticated,
		Violations: []Violation{{In: Header, Keyword: "security", Reason: "must contain credentials that the operation accepts"}},
		Err:        errors.Join(errs...),
	}
}

func (o *Operation) satisfies(ctx context.Context, r *http.Request, requirement openapi3.SecurityRequirement) error {
	for _, name := range slices.Sorted(maps.Keys(requirement)) {
		credentials := Credentials{Name: name, Scopes: requirement[name]}
		if components := o.route.Spec.Components; components != nil && components.SecuritySchemes[name] != nil {
			credentials.Scheme = components.SecuritySchemes[name].Value
		}
		if err := o.options.Authenticate(ctx, r, credentials); err != nil {
			return err
		}
	}
	return nil
}
