package validate

import (
	"math"
	"reflect"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate/internal/regex"
)

// stringRules are the keywords for strings.
type stringRules struct {
	min, max uint64
	pattern  regex.Matcher
	format   openapi3.StringFormatValidator
	// formatPattern replaces a format that kin-openapi checks by a regular
	// expression.
	formatPattern regex.Matcher
}

// builtinFormats are the regular expressions of kin-openapi's built-in formats.
var builtinFormats = []string{
	openapi3.FormatOfStringByte, openapi3.FormatOfStringDate, openapi3.FormatOfStringDateTime, openapi3.FormatOfStringForEmail,
	openapi3.FormatOfStringForUUIDOfRFC4122, openapi3.FormatOfStringForUUIDOfRFC9562,
}

func (c *compiler) compileString(cs *compiledSchema) *stringRules {
	s := cs.source
	rules := &stringRules{min: s.MinLength, max: math.MaxUint64}
	if s.MaxLength != nil {
		rules.max = *s.MaxLength
	}
	if s.Pattern != "" {
		rules.pattern = c.compilePattern(s.Pattern)
		if rules.pattern == nil {
			cs.fallback = "a pattern does not compile"
		}
	}
	if format := openapi3.SchemaStringFormats[s.Format]; format != nil && s.Format != "" {
		rules.format, rules.formatPattern = format, c.formatPattern(s.Format, format)
		if rules.formatPattern != nil {
			rules.format = nil
		}
	}
	return rules
}

// formatPattern returns the matcher for a format that is one of kin-openapi's
// built-in regular expressions, or nil.
func (c *compiler) formatPattern(name string, format openapi3.StringFormatValidator) regex.Matcher {
	if cached, ok := c.formatPatterns[name]; ok {
		return cached
	}
	var found regex.Matcher
	for _, pattern := range builtinFormats {
		if reflect.DeepEqual(format, openapi3.NewRegexpFormatValidator(pattern)) {
			found = c.compilePattern(pattern)
		}
	}
	c.formatPatterns[name] = found
	return found
}

// compilePattern returns nil for a pattern that does not compile.
func (c *compiler) compilePattern(pattern string) regex.Matcher {
	if m, ok := c.patterns[pattern]; ok {
		return m
	}
	m, err := regex.Compile(pattern)
	if err != nil {
		m = nil
	}
	c.patterns[pattern] = m
	return m
}

// validString checks the string at entry i.
func (e *evaluator) validString(s *compiledSchema, i int) bool {
	rules, value, ok := s.strings, e.Text(i), true
	// A character has one to four bytes, so the size alone decides in most
	// cases.
	if size := uint64(len(value)); rules.min > size/utf8.UTFMax || rules.max < size {
		length := uint64(utf8.RuneCount(value)) //nolint:gosec // not negative
		if length < rules.min {
			if ok = e.reject(s, "minLength"); !e.continues() {
				return false
			}
		}
		if length > rules.max {
			if ok = e.reject(s, "maxLength"); !e.continues() {
				return false
			}
		}
	}
	if rules.pattern != nil && !rules.pattern.Match(value) {
		if ok = e.reject(s, "pattern"); !e.continues() {
			return false
		}
	}
	if rules.formatPattern != nil && !rules.formatPattern.Match(value) || rules.format != nil && rules.format.Validate(string(value)) != nil {
		ok = e.reject(s, "format")
	}
	return ok
}
