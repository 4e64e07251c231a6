package validate

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// maxViolations is the maximum number of violations in an Error.
const maxViolations = 16

// collector collects violations from the error tree that kin-openapi returns.
type collector struct {
	violations []Violation
	in         In
	parameter  string
	// listed contains the objects of this part of the request whose unknown
	// members were collected.
	listed map[objectKey]struct{}
}

// objectKey identifies an object in the request and a schema that applies to
// it.
type objectKey struct {
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

// collectCause also handles errors outside the schema of a parameter or body,
// such as a value that can't be parsed.
func (c *collector) collectCause(e *openapi3filter.RequestError) {
	before := len(c.violations)
	c.collect(e.Err)
	switch {
	case len(c.violations) > before || len(c.violations) == maxViolations:
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
		c.add(nil, "required", "is required")
	case e.Parameter == nil:
		c.add(nil, "type", "can't be parsed")
	default:
		c.collectUnparsed(e)
	}
}

// collectUnparsed adds a violation for a parameter that kin-openapi could not
// parse.
func (c *collector) collectUnparsed(e *openapi3filter.RequestError) {
	p, texts := e.Parameter, rawValues(e.Input, e.Parameter)
	_, malformed := errors.AsType[*openapi3filter.ParseError](e.Err)
	switch {
	case len(texts) == 0 && !malformed:
		c.add(nil, "required", "is required")
	case strings.Join(texts, "") == "" && !malformed:
		c.add(nil, "allowEmptyValue", "must not be empty")
	case p.Schema == nil || p.Schema.Value.Type == nil:
		c.add(nil, "type", "can't be parsed")
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
		// Only the violations inside are useful to the caller.
		if inner, ok := errors.AsType[openapi3.MultiError](e.Origin); ok {
			c.collect(inner)
			return
		}
		c.add(path, e.SchemaField, reason(e.Schema, e.SchemaField))
	default:
		c.add(path, e.SchemaField, reason(e.Schema, e.SchemaField))
	}
}

// collectUnknown adds the members of an object that its schema does not
// declare. kin-openapi returns an error for each, with the name only in its
// text. So the names come from the object, once.
func (c *collector) collectUnknown(e *openapi3.SchemaError, path []string) {
	key := objectKey{jsonPointer(path), e.Schema}
	if _, ok := c.listed[key]; ok {
		return
	}
	if c.listed == nil {
		c.listed = map[objectKey]struct{}{}
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
		c.add(append(slices.Clone(path), name), "additionalProperties", unknownMember(name, e.Schema))
	}
}

func (c *collector) add(path []string, keyword, reason string) {
	field := c.parameter
	if c.in == Body {
		field = jsonPointer(path)
	}
	v := Violation{In: c.in, Field: field, Keyword: keyword, Reason: reason}
	if len(c.violations) < maxViolations && !slices.Contains(c.violations, v) {
		c.violations = append(c.violations, v)
	}
}

// jsonPointer returns the JSON pointer (RFC 6901) of a path. Names come from
// the caller, so long ones are truncated.
func jsonPointer(path []string) string {
	const maxName, maxPointer = 64, 512
	var b strings.Builder
	for _, name := range path {
		if b.Len() > maxPointer {
			b.WriteString("/…")
			break
		}
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(truncate(name, maxName), "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// truncate shortens s to at most n bytes and marks the cut with an ellipsis.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
