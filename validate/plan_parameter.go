package validate

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// shape is how the text of a parameter becomes a value.
type shape uint8

const (
	// Unread parameters are left to kin-openapi where the request holds them.
	shapeUnread shape = iota
	// Free parameters have no schema.
	shapeFree
	shapePlain
	shapeList
	shapeMembers
	shapeContent
)

// parameterPlan is a parameter, compiled.
type parameterPlan struct {
	*openapi3.Parameter
	shape shape
	// why a parameter is unread, for the reader.
	why string
	// header is the canonical name of a header.
	header string
	node   *node
	// item is the schema of a plain value or of the items of a list; properties those of an object's members.
	item       *openapi3.Schema
	properties map[string]*openapi3.Schema
	// prefix stands before the text; between divides a list or the members of an object, assign a name from its value.
	prefix, between, assign string
	explode, deep           bool
	// absent says that a request need not hold the parameter; wide that this depends on the names of others.
	absent, wide bool
}

func (c *compiler) parameter(p *openapi3.Parameter) *parameterPlan {
	plan := &parameterPlan{Parameter: p, header: http.CanonicalHeaderKey(p.Name), absent: mayBeAbsent(p)}
	switch {
	case p.Schema == nil && p.Content == nil:
		plan.shape = shapeFree
	case p.Content != nil:
		c.content(plan)
	default:
		c.styled(plan)
	}
	if plan.why == "" && plan.node != nil {
		plan.why = plan.node.unsure()
	}
	return plan
}

// mayBeAbsent asks kin-openapi about a request that holds nothing of interest.
func mayBeAbsent(p *openapi3.Parameter) bool {
	return openapi3filter.ValidateParameter(context.Background(), &openapi3filter.RequestValidationInput{
		Request:     &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}},
		PathParams:  map[string]string{"\x01": "1"},
		QueryParams: url.Values{"\x01": {"1"}},
		Options:     &openapi3filter.Options{SkipSettingDefaults: true},
	}, p) == nil
}

func (c *compiler) content(plan *parameterPlan) {
	media := plan.Content.Get("application/json")
	if len(plan.Content) != 1 || media == nil || media.Schema == nil {
		plan.why = "its content is not JSON with a schema"
		return
	}
	plan.shape, plan.node = shapeContent, c.compile(media.Schema, nil)
}

func (c *compiler) styled(plan *parameterPlan) {
	method, err := plan.SerializationMethod()
	if err != nil || plan.Schema.Value == nil {
		plan.why = "its style is not known"
		return
	}
	s := plan.Schema.Value
	plan.explode = method.Explode
	plan.wide = plan.In == openapi3.ParameterInQuery && s.Type.Is("object") && method.Style == "form" && method.Explode
	if isComposed(s) {
		plan.why = "its schema is composed of others, so what its text stands for depends"
		return
	}
	known := false
	switch {
	case isPlain(s):
		plan.shape, plan.item = shapePlain, s
		known = plan.plainStyle(method.Style)
	case s.Type.Is("array") && s.Items != nil && s.Items.Value != nil && isPlain(s.Items.Value):
		plan.shape, plan.item = shapeList, s.Items.Value
		known = plan.listStyle(method.Style)
	case s.Type.Is("object") && !takesMore(s) && plan.plainMembers(s):
		plan.shape = shapeMembers
		known = plan.memberStyle(method.Style)
	}
	if !known {
		plan.shape, plan.why = shapeUnread, "its type and style are unusual"
		return
	}
	plan.node = c.compile(plan.Schema, nil)
}

func isComposed(s *openapi3.Schema) bool {
	return s.Not != nil || len(s.AllOf)+len(s.AnyOf)+len(s.OneOf) > 0
}

// isPlain tells whether a text becomes one value by the type alone.
func isPlain(s *openapi3.Schema) bool {
	return !isComposed(s) && (s.Type.Is("string") || s.Type.Is("integer") || s.Type.Is("number") || s.Type.Is("boolean"))
}

// takesMore tells whether an object keeps members that are not declared.
func takesMore(s *openapi3.Schema) bool {
	return s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has
}

func (plan *parameterPlan) plainMembers(s *openapi3.Schema) bool {
	plan.properties = map[string]*openapi3.Schema{}
	for name, ref := range s.Properties {
		if ref.Value == nil || !isPlain(ref.Value) || name == "" || strings.ContainsAny(name, "[]\x1f") {
			return false
		}
		plan.properties[name] = ref.Value
	}
	return true
}

func (plan *parameterPlan) plainStyle(style string) bool {
	switch plan.In {
	case openapi3.ParameterInPath:
		return plan.pathPrefix(style)
	case openapi3.ParameterInHeader:
		return style == "simple"
	default:
		return style == "form"
	}
}

func (plan *parameterPlan) pathPrefix(style string) bool {
	switch style {
	case "simple":
	case "label":
		plan.prefix = "."
	case "matrix":
		plan.prefix = ";" + plan.Name + "="
	default:
		return false
	}
	return true
}

func (plan *parameterPlan) listStyle(style string) bool {
	plan.between = ","
	switch plan.In {
	case openapi3.ParameterInPath:
		if plan.explode && style != "simple" {
			plan.between = map[string]string{"label": ".", "matrix": ";" + plan.Name + "="}[style]
		}
		return plan.pathPrefix(style)
	case openapi3.ParameterInQuery:
		plan.between = map[string]string{"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}[style]
		return plan.between != ""
	case openapi3.ParameterInHeader:
		return style == "simple"
	default:
		return style == "form" && !plan.explode
	}
}

func (plan *parameterPlan) memberStyle(style string) bool {
	plan.between, plan.assign = ",", ","
	if plan.explode {
		plan.assign = "="
	}
	switch plan.In {
	case openapi3.ParameterInPath:
		if plan.explode && style != "simple" {
			plan.between = map[string]string{"label": ".", "matrix": ";"}[style]
		}
		known := plan.pathPrefix(style)
		if style == "matrix" && plan.explode {
			plan.prefix = ";"
		}
		return known
	case openapi3.ParameterInQuery:
		if style == "deepObject" {
			plan.deep = true
			return true
		}
		plan.between = map[string]string{"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}[style]
		plan.assign = plan.between
		return plan.between != "" && !plan.explode
	case openapi3.ParameterInHeader:
		return style == "simple"
	default:
		return style == "form" && !plan.explode
	}
}
