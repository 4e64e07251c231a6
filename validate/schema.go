package validate

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate/internal/jsonscan"
	"github.com/peering/peering/validate/internal/regex"
)

// direction is the use of a schema. It decides about read-only members.
type direction uint8

const (
	inParameter direction = iota
	inRequest
)

// compiledSchema holds everything about a schema that does not depend on the
// request. Its rules decide exactly as kin-openapi does, or not at all.
type compiledSchema struct {
	source *openapi3.Schema
	id     uint32
	// fallback is the reason why only kin-openapi can apply the schema, or "".
	fallback string

	nullable bool
	// boolean schemas accept or reject every value; empty ones accept every
	// value except null.
	boolean, accepts, empty bool

	not          *compiledSchema
	oneOf, anyOf *alternatives
	allOf        []*compiledSchema
	enum         *enum
	allowed      [jsonscan.Object + 1]bool
	strings      *stringRules
	numbers      *numberRules
	arrays       *arrayRules
	objects      *objectRules
}

// isComposed reports whether other schemas apply to the same value.
func (s *compiledSchema) isComposed() bool {
	return s.not != nil || s.oneOf != nil || s.anyOf != nil || s.allOf != nil
}

// anyFallback returns the fallback reason of a schema reachable from s, or "".
func (s *compiledSchema) anyFallback() string {
	seen := map[*compiledSchema]bool{}
	var look func(s *compiledSchema) string
	look = func(s *compiledSchema) string {
		if s == nil || seen[s] {
			return ""
		}
		seen[s] = true
		if s.fallback != "" {
			return s.fallback
		}
		for _, child := range s.subschemas() {
			if reason := look(child); reason != "" {
				return reason
			}
		}
		return ""
	}
	return look(s)
}

func (s *compiledSchema) subschemas() []*compiledSchema {
	children := append([]*compiledSchema{s.not}, s.allOf...)
	for _, c := range []*alternatives{s.oneOf, s.anyOf} {
		if c != nil {
			children = append(children, c.schemas...)
		}
	}
	if s.arrays != nil {
		children = append(children, s.arrays.items)
	}
	if s.objects != nil {
		children = append(children, s.objects.additional)
		for i := range s.objects.members {
			children = append(children, s.objects.members[i].schema)
		}
	}
	return children
}

// compiler compiles each schema once per schemaKey.
type compiler struct {
	direction      direction
	schemas        map[schemaKey]*compiledSchema
	patterns       map[string]regex.Matcher
	formatPatterns map[string]regex.Matcher
}

// schemaKey identifies a compiled schema. exempt are the members that are not
// required because a schema for the same value declares them read-only (in
// requests) or write-only (in responses).
type schemaKey struct {
	schema *openapi3.Schema
	exempt string
}

func newCompiler(d direction) *compiler {
	return &compiler{direction: d, schemas: map[schemaKey]*compiledSchema{}, patterns: map[string]regex.Matcher{}, formatPatterns: map[string]regex.Matcher{}}
}

// compile returns the compiled form of a schema. enclosing are the schemas that
// contain it and apply to the same value.
func (c *compiler) compile(ref *openapi3.SchemaRef, enclosing []*openapi3.Schema) *compiledSchema {
	if ref == nil || ref.Value == nil {
		return &compiledSchema{fallback: "unresolved reference"}
	}
	schema := ref.Value
	if slices.Contains(enclosing, schema) {
		// kin-openapi accepts any value for a schema that contains itself.
		return &compiledSchema{source: schema, fallback: "a schema contains itself"}
	}
	enclosing = append(slices.Clone(enclosing), schema)
	exempt := c.exempt(enclosing)
	at := schemaKey{schema, strings.Join(exempt, "\x00")}
	if s := c.schemas[at]; s != nil {
		return s
	}
	s := &compiledSchema{source: schema, id: uint32(len(c.schemas))} //nolint:gosec // as many as the document has schemas
	c.schemas[at] = s
	s.nullable = schema.Nullable || schema.Type.IncludesNull()
	switch {
	case schema.Always != nil:
		s.boolean, s.accepts = true, *schema.Always
	case schema.IsEmpty():
		s.empty = true
	default:
		c.compileKeywords(s, enclosing, exempt)
	}
	return s
}

func (c *compiler) compileKeywords(cs *compiledSchema, enclosing []*openapi3.Schema, exempt []string) {
	s := cs.source
	types := s.Type
	cs.allowed = [...]bool{
		jsonscan.Null: false, jsonscan.False: types.Permits("boolean"), jsonscan.True: types.Permits("boolean"), jsonscan.String: types.Permits("string"),
		jsonscan.Number: types.Permits("integer") || types.Permits("number"), jsonscan.Array: types.Permits("array"), jsonscan.Object: types.Permits("object"),
	}
	if s.Not != nil {
		cs.not = c.compile(s.Not, enclosing)
	}
	cs.oneOf = c.compileAlternatives(s.OneOf, s, enclosing)
	cs.anyOf = c.compileAlternatives(s.AnyOf, s, enclosing)
	for _, part := range s.AllOf {
		cs.allOf = append(cs.allOf, c.compile(part, enclosing))
	}
	if len(s.Enum) > 0 {
		cs.enum = compileEnum(s.Enum)
	}
	if cs.allowed[jsonscan.String] {
		cs.strings = c.compileString(cs)
	}
	if cs.allowed[jsonscan.Number] {
		cs.numbers = compileNumber(s)
	}
	if cs.allowed[jsonscan.Array] {
		cs.arrays = c.compileArray(cs)
	}
	if cs.allowed[jsonscan.Object] {
		cs.objects = c.compileObject(s, exempt)
	}
}

// exempt returns the sorted names of the members that the schemas, or the parts
// of their allOf, declare read-only.
func (c *compiler) exempt(schemas []*openapi3.Schema) []string {
	if c.direction == inParameter {
		return nil
	}
	var names []string
	seen := map[*openapi3.Schema]bool{}
	var look func(s *openapi3.Schema)
	look = func(s *openapi3.Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		for name, property := range s.Properties {
			if c.excludesReadOnly(property) {
				names = append(names, name)
			}
		}
		for _, part := range s.AllOf {
			look(part.Value)
		}
	}
	for _, s := range schemas {
		look(s)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// excludesReadOnly reports whether a member must be absent because it is
// read-only.
func (c *compiler) excludesReadOnly(property *openapi3.SchemaRef) bool {
	if property == nil || property.Value == nil {
		return false
	}
	return c.direction == inRequest && property.Value.ReadOnly
}
