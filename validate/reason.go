package validate

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// reason describes in words what a keyword of the schema requires.
func reason(s *openapi3.Schema, keyword string) string {
	switch keyword {
	case "required":
		return "is required"
	case "nullable", "type":
		return "must be " + typeNames(s.Type)
	case "enum":
		return "must be one of " + joinValues(s.Enum)
	case "pattern":
		return patternReason(s)
	case "format":
		return "must be a valid " + s.Format
	case "uniqueItems":
		return "must not contain duplicate items"
	case "oneOf":
		return "must match exactly one of the alternatives"
	case "anyOf":
		return "must match one of the alternatives"
	case "discriminator":
		return fmt.Sprintf("must select one of the alternatives by its member %q", s.Discriminator.PropertyName)
	case "not":
		return "must not match the excluded schema"
	case "readOnly":
		return "must be absent: only the server sets it"
	case "writeOnly":
		return "must be absent: only requests contain it"
	default:
		return limitReason(keyword, s)
	}
}

// limitReason describes a limit of the schema on a size or value.
func limitReason(keyword string, s *openapi3.Schema) string {
	switch keyword {
	case "minLength":
		return atLeast(s.MinLength, "character")
	case "maxLength":
		return atMost(*s.MaxLength, "character")
	case "minimum":
		return fmt.Sprintf("must be at least %v", *s.Min)
	case "maximum":
		return fmt.Sprintf("must be at most %v", *s.Max)
	case "exclusiveMinimum":
		return fmt.Sprintf("must be more than %v", *s.Min)
	case "exclusiveMaximum":
		return fmt.Sprintf("must be less than %v", *s.Max)
	case "minItems":
		return atLeast(s.MinItems, "item")
	case "maxItems":
		return atMost(*s.MaxItems, "item")
	case "minProperties":
		return atLeast(s.MinProps, "member")
	case "maxProperties":
		return atMost(*s.MaxProps, "member")
	case "multipleOf":
		return fmt.Sprintf("must be a multiple of %v", *s.MultipleOf)
	default:
		return "violates the schema's " + keyword
	}
}

// unknownMember returns the reason for a member that the schema does not
// declare, with a suggestion if a declared name is similar.
func unknownMember(name string, s *openapi3.Schema) string {
	if similar := suggestProperty(name, s.Properties); similar != "" {
		return fmt.Sprintf("is unknown; did you mean %q?", similar)
	}
	return "is unknown"
}

func patternReason(s *openapi3.Schema) string {
	if description, ok := s.Extensions["x-expects"].(string); ok {
		return "must be " + description
	}
	return "does not match the required pattern"
}

func atLeast(n uint64, unit string) string {
	if n == 1 && unit == "character" {
		return "must not be empty"
	}
	return "must have at least " + plural(n, unit)
}

func atMost(n uint64, unit string) string {
	return "must have at most " + plural(n, unit)
}

func plural(n uint64, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func typeNames(types *openapi3.Types) string {
	if types == nil || len(*types) == 0 {
		return "present and not null"
	}
	names := make([]string, len(*types))
	for i, t := range *types {
		names[i] = "a " + t
		if strings.ContainsRune("aeiou", rune(t[0])) {
			names[i] = "an " + t
		}
	}
	return strings.Join(names, " or ")
}

func joinValues(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}
