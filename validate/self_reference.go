package validate

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkSelfReferences returns an error for a schema reachable from refs on
// which kin-openapi's Schema.IsEmpty recurses without end: it has no keywords
// except references that lead back to itself. The stack overflow would end the
// process.
func checkSelfReferences(refs []*openapi3.SchemaRef) error {
	var schemas []*openapi3.Schema
	states := map[*openapi3.Schema]emptiness{}
	var collect func(refs []*openapi3.SchemaRef)
	collect = func(refs []*openapi3.SchemaRef) {
		for _, ref := range refs {
			if ref == nil || ref.Value == nil {
				continue
			}
			if _, ok := states[ref.Value]; !ok {
				states[ref.Value] = undetermined
				schemas = append(schemas, ref.Value)
				collect(subschemasOf(ref.Value))
			}
		}
	}
	collect(refs)
	for changed := true; changed; {
		changed = false
		for _, s := range schemas {
			if states[s] == undetermined {
				states[s] = emptinessOf(s, states)
				changed = changed || states[s] != undetermined
			}
		}
	}
	for _, s := range schemas {
		if states[s] == undetermined {
			return fmt.Errorf("a schema consists only of references to itself; give it a type (title %q, description %q)", s.Title, truncate(s.Description, 40))
		}
	}
	return nil
}

// emptiness is the result of Schema.IsEmpty.
type emptiness uint8

const (
	undetermined emptiness = iota
	empty
	nonEmpty
)

// emptinessOf follows Schema.IsEmpty, which visits subschemas in a fixed order,
// but properties in any order.
func emptinessOf(s *openapi3.Schema, states map[*openapi3.Schema]emptiness) emptiness {
	if !isEmptyAlone(s) {
		return nonEmpty
	}
	for _, ref := range []*openapi3.SchemaRef{s.Not, s.AdditionalProperties.Schema, s.Items} {
		if ref != nil && ref.Value != nil && states[ref.Value] != empty {
			return states[ref.Value]
		}
	}
	state := empty
	for _, ref := range s.Properties {
		if ref == nil || ref.Value == nil || states[ref.Value] == empty {
			continue
		}
		if state = states[ref.Value]; state == nonEmpty {
			return state
		}
	}
	if state == undetermined {
		return state
	}
	for _, refs := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, ref := range refs {
			if ref.Value != nil && states[ref.Value] != empty {
				return states[ref.Value]
			}
		}
	}
	return empty
}

// isEmptyAlone reports whether a schema would be empty without its subschemas.
func isEmptyAlone(s *openapi3.Schema) bool {
	own := *s
	own.Not, own.Items, own.Contains, own.PropertyNames, own.If, own.Then, own.Else, own.ContentSchema = nil, nil, nil, nil, nil, nil, nil, nil
	own.OneOf, own.AnyOf, own.AllOf, own.PrefixItems = nil, nil, nil, nil
	own.Properties, own.PatternProperties, own.DependentSchemas = nil, nil, nil
	own.AdditionalProperties.Schema, own.UnevaluatedItems.Schema, own.UnevaluatedProperties.Schema = nil, nil, nil
	return own.IsEmpty()
}

// subschemasOf returns the subschemas of an OpenAPI 3.0 schema.
func subschemasOf(s *openapi3.Schema) []*openapi3.SchemaRef {
	refs := append([]*openapi3.SchemaRef{s.Not, s.Items, s.AdditionalProperties.Schema}, s.AllOf...)
	refs = append(append(refs, s.AnyOf...), s.OneOf...)
	for _, property := range s.Properties {
		refs = append(refs, property)
	}
	return refs
}
