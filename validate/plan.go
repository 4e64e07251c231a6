package validate

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// direction is what a schema is applied for. It decides about read-only and write-only members.
type direction uint8

const (
	inParameter direction = iota
	inRequest
	inResponse
)

// node is a schema, compiled: what kin-openapi would find out on every request is found out once. The rules of a node
// decide exactly as kin-openapi does, or say that they can't.
type node struct {
	schema *openapi3.Schema
	id     uint32
	// why the schema is left to kin-openapi; empty for one that is not.
	why string

	nullable bool
	// constant schemas accept or refuse every value; empty ones accept every value but null.
	constant, accepts, empty bool

	not          *node
	oneOf, anyOf *choice
	allOf        []*node
	enum         *enum
	kinds        [jsonObject + 1]bool
	texts        *textRules
	numbers      *numberRules
	arrays       *arrayRules
	objects      *objectRules
}

// composed tells whether a node applies other nodes to the same value.
func (n *node) composed() bool {
	return n.not != nil || n.oneOf != nil || n.anyOf != nil || n.allOf != nil
}

// choice is oneOf or anyOf.
type choice struct {
	of []*node
	// refs are the references of the alternatives as the document writes them.
	refs []string
	by   *openapi3.Discriminator
}

// compiler makes nodes, one for each schema and place.
type compiler struct {
	direction direction
	nodes     map[place]*node
	patterns  map[string]matcher
	forms     map[string]matcher
}

// place is what the node of a schema depends on. exempt are the members that schemas around it, which apply to the
// same value, declare read-only (in requests) or write-only (in responses): they are not required.
type place struct {
	schema *openapi3.Schema
	exempt string
}

func newCompiler(d direction) *compiler {
	return &compiler{direction: d, nodes: map[place]*node{}, patterns: map[string]matcher{}, forms: map[string]matcher{}}
}

// compile answers the node of a schema. around are the schemas that apply to the same value and led here.
func (c *compiler) compile(ref *openapi3.SchemaRef, around []*openapi3.Schema) *node {
	if ref == nil || ref.Value == nil {
		return &node{why: "a reference is not resolved"}
	}
	schema := ref.Value
	if slices.Contains(around, schema) {
		// kin-openapi lets a value pass that gets to a schema in a circle.
		return &node{schema: schema, why: "a schema is part of itself"}
	}
	around = append(slices.Clone(around), schema)
	exempt := c.exempt(around)
	at := place{schema, strings.Join(exempt, "\x00")}
	if n := c.nodes[at]; n != nil {
		return n
	}
	n := &node{schema: schema, id: uint32(len(c.nodes))} //nolint:gosec // as many as the document has schemas
	c.nodes[at] = n
	n.nullable = schema.Nullable || schema.Type.IncludesNull()
	switch {
	case schema.Always != nil:
		n.constant, n.accepts = true, *schema.Always
	case schema.IsEmpty():
		n.empty = true
	default:
		c.rules(n, around, exempt)
	}
	return n
}

func (c *compiler) rules(n *node, around []*openapi3.Schema, exempt []string) {
	s := n.schema
	types := s.Type
	n.kinds = [...]bool{
		jsonNull: false, jsonFalse: types.Permits("boolean"), jsonTrue: types.Permits("boolean"), jsonText: types.Permits("string"),
		jsonNumber: types.Permits("integer") || types.Permits("number"), jsonArray: types.Permits("array"), jsonObject: types.Permits("object"),
	}
	if s.Not != nil {
		n.not = c.compile(s.Not, around)
	}
	n.oneOf = c.choice(s.OneOf, s, around)
	n.anyOf = c.choice(s.AnyOf, s, around)
	for _, part := range s.AllOf {
		n.allOf = append(n.allOf, c.compile(part, around))
	}
	if len(s.Enum) > 0 {
		n.enum = newEnum(s.Enum)
	}
	if n.kinds[jsonText] {
		n.texts = c.texts(n)
	}
	if n.kinds[jsonNumber] {
		n.numbers = newNumberRules(s)
	}
	if n.kinds[jsonArray] {
		n.arrays = c.arrays(n)
	}
	if n.kinds[jsonObject] {
		n.objects = c.objects(s, exempt)
	}
}

func (c *compiler) choice(refs openapi3.SchemaRefs, s *openapi3.Schema, around []*openapi3.Schema) *choice {
	if len(refs) == 0 {
		return nil
	}
	made := &choice{by: s.Discriminator}
	for _, ref := range refs {
		made.of = append(made.of, c.compile(ref, around))
		made.refs = append(made.refs, ref.Ref)
	}
	return made
}

// exempt answers the members that the schemas or the parts of their allOf declare read-only or write-only, sorted.
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
			if c.excluded(property) {
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

// excluded tells whether a member belongs to the other direction.
func (c *compiler) excluded(property *openapi3.SchemaRef) bool {
	if property == nil || property.Value == nil {
		return false
	}
	return c.direction == inRequest && property.Value.ReadOnly || c.direction == inResponse && property.Value.WriteOnly
}

// unsure answers why nodes that can be reached from n are left to kin-openapi, or "".
func (n *node) unsure() string {
	seen := map[*node]bool{}
	var look func(n *node) string
	look = func(n *node) string {
		if n == nil || seen[n] {
			return ""
		}
		seen[n] = true
		if n.why != "" {
			return n.why
		}
		for _, child := range n.children() {
			if why := look(child); why != "" {
				return why
			}
		}
		return ""
	}
	return look(n)
}

func (n *node) children() []*node {
	children := append([]*node{n.not}, n.allOf...)
	for _, c := range []*choice{n.oneOf, n.anyOf} {
		if c != nil {
			children = append(children, c.of...)
		}
	}
	if n.arrays != nil {
		children = append(children, n.arrays.items)
	}
	if n.objects != nil {
		children = append(children, n.objects.additional)
		for i := range n.objects.members {
			children = append(children, n.objects.members[i].node)
		}
	}
	return children
}

// asNumber answers a number of the document, as kin-openapi compares it.
func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	default:
		return 0, false
	}
}
