package validate

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// reason says in words what the schema asks for.
func reason(s *openapi3.Schema, keyword string) string {
	switch keyword {
	case "required":
		return "is required"
	case "nullable", "type":
		return "must be " + typeNames(s.Type)
	case "enum":
		return "must be one of " + list(s.Enum)
	case "pattern":
		return expected(s)
	case "format":
		return "must be a valid " + s.Format
	case "uniqueItems":
		return "must not hold an item twice"
	case "oneOf":
		return "must match exactly one of the alternatives"
	case "anyOf":
		return "must match one of the alternatives"
	case "discriminator":
		return fmt.Sprintf("must choose one of the alternatives by its member %q", s.Discriminator.PropertyName)
	case "not":
		return "must not have this form"
	case "readOnly":
		return "must be absent: only the server sets it"
	case "writeOnly":
		return "must be absent: only requests hold it"
	default:
		return limit(keyword, s)
	}
}

// limit says in words how large or long a value may be.
func limit(keyword string, s *openapi3.Schema) string {
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
		return "does not follow the document's " + keyword
	}
}

// unknown says that a member is none of the schema's, and which one was probably meant.
func unknown(name string, s *openapi3.Schema) string {
	if near := nearest(name, s.Properties); near != "" {
		return fmt.Sprintf("is not known here; did you mean %q?", near)
	}
	return "is not known here"
}

func expected(s *openapi3.Schema) string {
	if words, ok := s.Extensions["x-expects"].(string); ok {
		return "must be " + words
	}
	return "does not have the form that is asked for"
}

func atLeast(n uint64, unit string) string {
	if n == 1 && unit == "character" {
		return "must not be empty"
	}
	return "must have at least " + count(n, unit)
}

func atMost(n uint64, unit string) string {
	return "must have at most " + count(n, unit)
}

func count(n uint64, unit string) string {
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

func list(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}
