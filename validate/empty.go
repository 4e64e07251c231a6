package validate

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// endless names a schema that can be reached from refs and on which kin-openapi's Schema.IsEmpty does not return: it says
// nothing of its own and leads back to itself. Asking kin-openapi to check a value against it ends the process.
func endless(refs []*openapi3.SchemaRef) error {
	var schemas []*openapi3.Schema
	states := map[*openapi3.Schema]emptiness{}
	var collect func(refs []*openapi3.SchemaRef)
	collect = func(refs []*openapi3.SchemaRef) {
		for _, ref := range refs {
			if ref == nil || ref.Value == nil {
				continue
			}
			if _, ok := states[ref.Value]; !ok {
				states[ref.Value] = unknownYet
				schemas = append(schemas, ref.Value)
				collect(childrenOf(ref.Value))
			}
		}
	}
	collect(refs)
	for changed := true; changed; {
		changed = false
		for _, s := range schemas {
			if states[s] == unknownYet {
				states[s] = emptinessOf(s, states)
				changed = changed || states[s] != unknownYet
			}
		}
	}
	for _, s := range schemas {
		if states[s] == unknownYet {
			return fmt.Errorf("a schema is only made of itself: give it a type (title %q, description %q)", s.Title, cut(s.Description, 40))
		}
	}
	return nil
}

// emptiness is what Schema.IsEmpty answers.
type emptiness uint8

const (
	unknownYet emptiness = iota
	isEmpty
	saysSomething
)

// emptinessOf follows Schema.IsEmpty: it looks at one schema after the other, but at properties in any order.
func emptinessOf(s *openapi3.Schema, states map[*openapi3.Schema]emptiness) emptiness {
	if !saysNothing(s) {
		return saysSomething
	}
	for _, ref := range []*openapi3.SchemaRef{s.Not, s.AdditionalProperties.Schema, s.Items} {
		if ref != nil && ref.Value != nil && states[ref.Value] != isEmpty {
			return states[ref.Value]
		}
	}
	state := isEmpty
	for _, ref := range s.Properties {
		if ref == nil || ref.Value == nil || states[ref.Value] == isEmpty {
			continue
		}
		if state = states[ref.Value]; state == saysSomething {
			return state
		}
	}
	if state == unknownYet {
		return state
	}
	for _, refs := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, ref := range refs {
			if ref.Value != nil && states[ref.Value] != isEmpty {
				return states[ref.Value]
			}
		}
	}
	return isEmpty
}

// saysNothing tells whether a schema would be empty without the schemas that it holds.
func saysNothing(s *openapi3.Schema) bool {
	own := *s
	own.Not, own.Items, own.Contains, own.PropertyNames, own.If, own.Then, own.Else, own.ContentSchema = nil, nil, nil, nil, nil, nil, nil, nil
	own.OneOf, own.AnyOf, own.AllOf, own.PrefixItems = nil, nil, nil, nil
	own.Properties, own.PatternProperties, own.DependentSchemas = nil, nil, nil
	own.AdditionalProperties.Schema, own.UnevaluatedItems.Schema, own.UnevaluatedProperties.Schema = nil, nil, nil
	return own.IsEmpty()
}

// childrenOf answers the schemas that a schema of OpenAPI 3.0 holds.
func childrenOf(s *openapi3.Schema) []*openapi3.SchemaRef {
	refs := append([]*openapi3.SchemaRef{s.Not, s.Items, s.AdditionalProperties.Schema}, s.AllOf...)
	refs = append(append(refs, s.AnyOf...), s.OneOf...)
	for _, property := range s.Properties {
		refs = append(refs, property)
	}
	return refs
}
