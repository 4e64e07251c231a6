package validate

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Credentials are what a security requirement of the document asks a request for.
type Credentials struct {
	// Name is the scheme's in the document, Scheme what the document says about it.
	Name   string
	Scheme *openapi3.SecurityScheme
	Scopes []string
}

// authenticate asks the hook for the security requirements of the operation, before anything of the body is read. One of
// the alternatives has to be met, with all its schemes.
func (o *Operation) authenticate(ctx context.Context, r *http.Request) error {
	if o.options.Authenticate == nil || len(o.security) == 0 {
		return nil
	}
	var errs []error
	for _, alternative := range o.security {
		err := o.meets(ctx, r, alternative)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	if refused, ok := errors.AsType[*Error](errs[0]); ok && len(errs) == 1 {
		return refused
	}
	return &Error{
		Kind:       Unauthenticated,
		Violations: []Violation{{In: Header, Keyword: "security", Reason: "must hold credentials that the operation takes"}},
		Err:        errors.Join(errs...),
	}
}

func (o *Operation) meets(ctx context.Context, r *http.Request, requirement openapi3.SecurityRequirement) error {
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
