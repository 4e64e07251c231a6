package validate

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// parameterForm is the way in which the text of a parameter becomes a value.
type parameterForm uint8

const (
	// formFallback leaves the parameter to kin-openapi if the request contains
	// it.
	formFallback parameterForm = iota
	// formAny is a parameter without a schema.
	formAny
	formScalar
	formArray
	formObject
	formJSON
)

// compiledParameter is a parameter with its schema and serialization compiled.
type compiledParameter struct {
	*openapi3.Parameter
	form parameterForm
	// fallback is the reason for formFallback, for Operation.Compiled.
	fallback string
	// header is the canonical name of a header parameter.
	header string
	schema *compiledSchema
	// item is the schema of a scalar or of the items of an array; properties
	// are the schemas of an object's members.
	item       *openapi3.Schema
	properties map[string]*openapi3.Schema
	// prefix precedes the text, separator divides the items of an array or the
	// members of an object, and assign separates the name of a member from its
	// value.
	prefix, separator, assign string
	explode, deepObject       bool
	// optional reports whether a request can omit the parameter, and
	// takesAnyName whether this depends on the names of other parameters.
	optional, takesAnyName bool
}

func (c *compiler) compileParameter(p *openapi3.Parameter) *compiledParameter {
	param := &compiledParameter{Parameter: p, header: http.CanonicalHeaderKey(p.Name), optional: isOptional(p)}
	switch {
	case p.Schema == nil && p.Content == nil:
		param.form = formAny
	case p.Content != nil:
		c.compileContent(param)
	default:
		c.compileStyle(param)
	}
	if param.fallback == "" && param.schema != nil {
		param.fallback = param.schema.anyFallback()
	}
	return param
}

// isOptional reports whether kin-openapi accepts a request without the
// parameter.
func isOptional(p *openapi3.Parameter) bool {
	return openapi3filter.ValidateParameter(context.Background(), &openapi3filter.RequestValidationInput{
		Request:     &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}},
		PathParams:  map[string]string{"\x01": "1"},
		QueryParams: url.Values{"\x01": {"1"}},
		Options:     &openapi3filter.Options{SkipSettingDefaults: true},
	}, p) == nil
}

func (c *compiler) compileContent(param *compiledParameter) {
	media := param.Content.Get("application/json")
	if len(param.Content) != 1 || media == nil || media.Schema == nil {
		param.fallback = "the content is not JSON with a schema"
		return
	}
	param.form, param.schema = formJSON, c.compile(media.Schema, nil)
}

func (c *compiler) compileStyle(param *compiledParameter) {
	method, err := param.SerializationMethod()
	if err != nil || param.Schema.Value == nil {
		param.fallback = "unknown style"
		return
	}
	s := param.Schema.Value
	param.explode = method.Explode
	param.takesAnyName = param.In == openapi3.ParameterInQuery && s.Type.Is("object") && method.Style == "form" && method.Explode
	if isComposed(s) {
		param.fallback = "the schema is composed of others, so the type of the value is ambiguous"
		return
	}
	supported := false
	switch {
	case isScalar(s):
		param.form, param.item = formScalar, s
		supported = param.scalarStyle(method.Style)
	case s.Type.Is("array") && s.Items != nil && s.Items.Value != nil && isScalar(s.Items.Value):
		param.form, param.item = formArray, s.Items.Value
		supported = param.arrayStyle(method.Style)
	case s.Type.Is("object") && !allowsAdditional(s) && param.scalarMembers(s):
		param.form = formObject
		supported = param.objectStyle(method.Style)
	}
	if !supported {
		param.form, param.fallback = formFallback, "unsupported combination of type and style"
		return
	}
	param.schema = c.compile(param.Schema, nil)
}

func isComposed(s *openapi3.Schema) bool {
	return s.Not != nil || len(s.AllOf)+len(s.AnyOf)+len(s.OneOf) > 0
}

// isScalar reports whether the type alone determines the value of a text.
func isScalar(s *openapi3.Schema) bool {
	return !isComposed(s) && (s.Type.Is("string") || s.Type.Is("integer") || s.Type.Is("number") || s.Type.Is("boolean"))
}

// allowsAdditional reports whether an object keeps undeclared members.
func allowsAdditional(s *openapi3.Schema) bool {
	return s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has
}

func (param *compiledParameter) scalarMembers(s *openapi3.Schema) bool {
	param.properties = map[string]*openapi3.Schema{}
	for name, ref := range s.Properties {
		if ref.Value == nil || !isScalar(ref.Value) || name == "" || strings.ContainsAny(name, "[]\x1f") {
			return false
		}
		param.properties[name] = ref.Value
	}
	return true
}

func (param *compiledParameter) scalarStyle(style string) bool {
	switch param.In {
	case openapi3.ParameterInPath:
		return param.pathPrefix(style)
	case openapi3.ParameterInHeader:
		return style == "simple"
	default:
		return style == "form"
	}
}

func (param *compiledParameter) pathPrefix(style string) bool {
	switch style {
	case "simple":
	case "label":
		param.prefix = "."
	case "matrix":
		param.prefix = ";" + param.Name + "="
	default:
		return false
	}
	return true
}

func (param *compiledParameter) arrayStyle(style string) bool {
	param.separator = ","
	switch param.In {
	case openapi3.ParameterInPath:
		if param.explode && style != "simple" {
			param.separator = map[string]string{"label": ".", "matrix": ";" + param.Name + "="}[style]
		}
		return param.pathPrefix(style)
	case openapi3.ParameterInQuery:
		param.separator = map[string]string{"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}[style]
		return param.separator != ""
	case openapi3.ParameterInHeader:
		return style == "simple"
	default:
		return style == "form" && !param.explode
	}
}

func (param *compiledParameter) objectStyle(style string) bool {
	param.separator, param.assign = ",", ","
	if param.explode {
		param.assign = "="
	}
	switch param.In {
	case openapi3.ParameterInPath:
		if param.explode && style != "simple" {
			param.separator = map[string]string{"label": ".", "matrix": ";"}[style]
		}
		supported := param.pathPrefix(style)
		if style == "matrix" && param.explode {
			param.prefix = ";"
		}
		return supported
	case openapi3.ParameterInQuery:
		if style == "deepObject" {
			param.deepObject = true
			return true
		}
		param.separator = map[string]string{"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}[style]
		param.assign = param.separator
		return param.separator != "" && !param.explode
	case openapi3.ParameterInHeader:
		return style == "simple"
	default:
		return style == "form" && !param.explode
	}
}
