package validate

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// maxViolations is how many violations a refusal lists.
const maxViolations = 16

// collector gathers violations from the tree of errors that kin-openapi answers.
type collector struct {
	violations []Violation
	in         In
	parameter  string
	// listed holds the objects of this part of the request whose unknown members are in violations.
	listed map[object]struct{}
}

// object is a value of the request under one of the schemas that apply to it.
type object struct {
	pointer string
	schema  *openapi3.Schema
}

func (c *collector) collect(err error) {
	if len(c.violations) == maxViolations {
		return
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked node by node; As would skip levels
	case openapi3.MultiError:
		for _, child := range e {
			c.collect(child)
		}
	case *openapi3filter.RequestError:
		c.in, c.parameter, c.listed = Body, "", nil
		if e.Parameter != nil {
			c.in, c.parameter = In(e.Parameter.In), e.Parameter.Name
		}
		c.collectCause(e)
	case *openapi3.SchemaError:
		c.collectSchema(e)
	}
}

// collectCause also handles the errors of a parameter or a body that lie outside of its schema, such as a text that can't
// be parsed.
func (c *collector) collectCause(e *openapi3filter.RequestError) {
	known := len(c.violations)
	c.collect(e.Err)
	switch {
	case len(c.violations) > known || len(c.violations) == maxViolations:
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
		c.add(nil, "required", "is required")
	case e.Parameter == nil:
		c.add(nil, "type", "can't be read")
	default:
		c.collectUnread(e)
	}
}

// collectUnread says what a parameter of which kin-openapi could not make a value should have been.
func (c *collector) collectUnread(e *openapi3filter.RequestError) {
	p, texts := e.Parameter, given(e.Input, e.Parameter)
	_, malformed := errors.AsType[*openapi3filter.ParseError](e.Err)
	switch {
	case len(texts) == 0 && !malformed:
		c.add(nil, "required", "is required")
	case strings.Join(texts, "") == "" && !malformed:
		c.add(nil, "allowEmptyValue", "must not be empty")
	case p.Schema == nil || p.Schema.Value.Type == nil:
		c.add(nil, "type", "can't be read")
	case p.Schema.Value.Type.Is(openapi3.TypeArray):
		c.add(nil, "type", "must be a list, each item "+typeNames(p.Schema.Value.Items.Value.Type))
	default:
		c.add(nil, "type", "must be "+typeNames(p.Schema.Value.Type))
	}
}

func (c *collector) collectSchema(e *openapi3.SchemaError) {
	path := e.JSONPointer()
	switch e.SchemaField {
	case "properties":
		c.collectUnknown(e, path)
	case "allOf":
		// What matters is what is wrong inside.
		if inner, ok := errors.AsType[openapi3.MultiError](e.Origin); ok {
			c.collect(inner)
			return
		}
		c.add(path, e.SchemaField, reason(e.Schema, e.SchemaField))
	default:
		c.add(path, e.SchemaField, reason(e.Schema, e.SchemaField))
	}
}

// collectUnknown lists the members of an object that its schema does not name. kin-openapi answers one error for each,
// which says the name in its text only, so the names are taken from the object, once.
func (c *collector) collectUnknown(e *openapi3.SchemaError, path []string) {
	key := object{pointer(path), e.Schema}
	if _, ok := c.listed[key]; ok {
		return
	}
	if c.listed == nil {
		c.listed = map[object]struct{}{}
	}
	c.listed[key] = struct{}{}
	members, _ := e.Value.(map[string]any)
	var names []string
	for name := range members {
		if _, ok := e.Schema.Properties[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), maxViolations)] {
		c.add(append(slices.Clone(path), name), "additionalProperties", unknown(name, e.Schema))
	}
}

func (c *collector) add(path []string, keyword, reason string) {
	field := c.parameter
	if c.in == Body {
		field = pointer(path)
	}
	v := Violation{In: c.in, Field: field, Keyword: keyword, Reason: reason}
	if len(c.violations) < maxViolations && !slices.Contains(c.violations, v) {
		c.violations = append(c.violations, v)
	}
}

// pointer builds the JSON pointer of a path (RFC 6901). Names come from the caller, so long ones are cut.
func pointer(path []string) string {
	const maxName, maxPointer = 64, 512
	var b strings.Builder
	for _, name := range path {
		if b.Len() > maxPointer {
			b.WriteString("/…")
			break
		}
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(cut(name, maxName), "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// cut shortens a text to at most n bytes and shows that it did.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
