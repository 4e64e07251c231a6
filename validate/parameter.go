package validate

import (
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// parametersOf returns the parameters of an operation. They override parameters
// of the path item with the same name and location.
func parametersOf(item *openapi3.PathItem, operation *openapi3.Operation) []*openapi3.Parameter {
	var parameters []*openapi3.Parameter
	for _, ref := range item.Parameters {
		if operation.Parameters.GetByInAndName(ref.Value.In, ref.Value.Name) == nil {
			parameters = append(parameters, ref.Value)
		}
	}
	for _, ref := range operation.Parameters {
		parameters = append(parameters, ref.Value)
	}
	return parameters
}

// checkParameters rejects requests that kin-openapi would accept: a malformed
// query, of which url.URL.Query silently drops parts, and a scalar parameter
// given twice, of which only one value would count. It stores the query in
// input.
func (o *Operation) checkParameters(input *openapi3filter.RequestValidationInput) error {
	query, err := url.ParseQuery(input.Request.URL.RawQuery)
	if err != nil {
		return &Error{Kind: Invalid, Violations: []Violation{{In: Query, Keyword: "query", Reason: "is not a valid query string"}}, Err: err}
	}
	input.QueryParams = query
	var duplicates []Violation
	for _, p := range o.parameters {
		if takesOneValue(p.Parameter) && len(rawValues(input, p.Parameter)) > 1 && len(duplicates) < maxViolations {
			duplicates = append(duplicates, Violation{In: In(p.In), Field: p.Name, Keyword: "duplicate", Reason: "is given more than once"})
		}
	}
	if len(duplicates) > 0 {
		return &Error{Kind: Invalid, Violations: duplicates}
	}
	return nil
}

// takesOneValue reports whether a parameter is a scalar, which a request can
// contain only once.
func takesOneValue(p *openapi3.Parameter) bool {
	if p.Schema == nil || p.Schema.Value == nil {
		return false
	}
	t := p.Schema.Value.Type
	return t.Is(openapi3.TypeString) || t.Is(openapi3.TypeInteger) || t.Is(openapi3.TypeNumber) || t.Is(openapi3.TypeBoolean)
}

// rawValues returns the unparsed values of a parameter in a request.
func rawValues(input *openapi3filter.RequestValidationInput, p *openapi3.Parameter) []string {
	switch p.In {
	case openapi3.ParameterInPath:
		if text, ok := input.PathParams[p.Name]; ok {
			return []string{text}
		}
	case openapi3.ParameterInQuery:
		return input.QueryParams[p.Name]
	case openapi3.ParameterInHeader:
		return input.Request.Header.Values(p.Name)
	case openapi3.ParameterInCookie:
		var texts []string
		for _, cookie := range input.Request.CookiesNamed(p.Name) {
			texts = append(texts, cookie.Value)
		}
		return texts
	}
	return nil
}
