package validate

import (
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// parametersOf answers the parameters of an operation; its own stand in for those of its path with the same name.
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

// checkParameters refuses what kin-openapi passes over: a query that url.URL.Query drops in part without a word, and a
// value given twice of which only one would count. It leaves the query in input.
func (o *Operation) checkParameters(input *openapi3filter.RequestValidationInput) error {
	query, err := url.ParseQuery(input.Request.URL.RawQuery)
	if err != nil {
		return &Error{Kind: Invalid, Violations: []Violation{{In: Query, Keyword: "query", Reason: "is not a valid query string"}}, Err: err}
	}
	input.QueryParams = query
	var twice []Violation
	for _, p := range o.parameters {
		if single(p.Parameter) && len(given(input, p.Parameter)) > 1 && len(twice) < maxViolations {
			twice = append(twice, Violation{In: In(p.In), Field: p.Name, Keyword: "duplicate", Reason: "is given more than once"})
		}
	}
	if len(twice) > 0 {
		return &Error{Kind: Invalid, Violations: twice}
	}
	return nil
}

// single tells whether a parameter is a plain value, of which a request holds one at most.
func single(p *openapi3.Parameter) bool {
	if p.Schema == nil || p.Schema.Value == nil {
		return false
	}
	t := p.Schema.Value.Type
	return t.Is(openapi3.TypeString) || t.Is(openapi3.TypeInteger) || t.Is(openapi3.TypeNumber) || t.Is(openapi3.TypeBoolean)
}

// given answers the texts that a request holds for a parameter.
func given(input *openapi3filter.RequestValidationInput, p *openapi3.Parameter) []string {
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
