package validate

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// numberRules are the keywords for numbers. Absent bounds are nil.
type numberRules struct {
	integer                    bool
	integerFormat              openapi3.IntegerFormatValidator
	numberFormat               openapi3.NumberFormatValidator
	min, max                   *float64
	exclusiveMin, exclusiveMax *float64
	multipleOf                 float64
	hasMultipleOf              bool
	neverMultiple              bool
}

func compileNumber(s *openapi3.Schema) *numberRules {
	rules := &numberRules{integer: s.Type.Permits("integer") && !s.Type.Permits("number"), min: s.Min, max: s.Max}
	switch {
	case s.Format == "":
	case rules.integer:
		rules.integerFormat = openapi3.SchemaIntegerFormats[s.Format]
	default:
		rules.numberFormat = openapi3.SchemaNumberFormats[s.Format]
	}
	rules.exclusiveMin = exclusive(s.ExclusiveMin, s.Min)
	rules.exclusiveMax = exclusive(s.ExclusiveMax, s.Max)
	if m := s.MultipleOf; m != nil && !math.IsNaN(*m) && !math.IsInf(*m, 0) {
		rules.multipleOf, rules.hasMultipleOf, rules.neverMultiple = *m, true, *m <= 0
	}
	return rules
}

// exclusive returns the exclusive bound, or nil.
func exclusive(bound openapi3.ExclusiveBound, inclusive *float64) *float64 {
	switch {
	case bound.Value != nil:
		return bound.Value
	case bound.Bool != nil && *bound.Bool:
		return inclusive
	default:
		return nil
	}
}

// validNumber checks the number at entry i.
func (e *evaluator) validNumber(s *compiledSchema, i int) bool {
	rules, ok := s.numbers, true
	value, finite := parseNumber(e.Text(i))
	if !finite {
		return e.reject(s, "type")
	}
	check := func(holds bool, keyword string) bool {
		if !holds {
			ok = e.reject(s, keyword)
		}
		return ok || e.continues()
	}
	_ = check(!rules.integer || value == math.Trunc(value), "type") &&
		check(rules.hasFormat(value), "format") &&
		check(rules.exclusiveMin == nil || value > *rules.exclusiveMin, "exclusiveMinimum") &&
		check(rules.exclusiveMax == nil || value < *rules.exclusiveMax, "exclusiveMaximum") &&
		check(rules.min == nil || value >= *rules.min, "minimum") &&
		check(rules.max == nil || value <= *rules.max, "maximum") &&
		check(!rules.hasMultipleOf || e.isMultiple(rules, value), "multipleOf")
	return ok
}

func (rules *numberRules) hasFormat(value float64) bool {
	switch {
	case rules.integerFormat != nil && value == math.MaxInt64: // 2^63 as a float64
		return rules.integerFormat.Validate(math.MaxInt64) == nil
	case rules.integerFormat != nil:
		return value >= math.MinInt64 && value < math.MaxInt64 && rules.integerFormat.Validate(int64(value)) == nil
	case rules.numberFormat != nil:
		return rules.numberFormat.Validate(value) == nil
	default:
		return true
	}
}

// isMultiple decides as kin-openapi does: exactly, with a tolerance of 2^-51 of
// the value. Very close to the edge of the tolerance it leaves the decision to
// kin-openapi.
func (e *evaluator) isMultiple(rules *numberRules, value float64) bool {
	if rules.neverMultiple {
		return false
	}
	const relativeTolerance, margin = 1.0 / (1 << 51), 1.0 / (1 << 20)
	value = math.Abs(value)
	tolerance := value * relativeTolerance
	if tolerance > rules.multipleOf {
		return true // the nearest multiple is always within tolerance
	}
	above := math.Mod(value, rules.multipleOf) // exact
	distance := min(above, rules.multipleOf-above)
	switch {
	case above == 0:
		return true
	case tolerance < 0x1p-900 || math.Abs(distance-tolerance) <= tolerance*margin:
		e.undecided = true // too small to compute with, or too close to the edge
		return true
	default:
		return distance < tolerance
	}
}

// parseNumber returns the value of a JSON number, and false if it does not fit
// a float64.
func parseNumber(digits []byte) (float64, bool) {
	const exact = 15 // any number of up to 15 digits is exact
	if len(digits) <= exact {
		n, rest := 0, digits
		if rest[0] == '-' {
			rest = rest[1:]
		}
		for len(rest) > 0 && '0' <= rest[0] && rest[0] <= '9' {
			n, rest = 10*n+int(rest[0]-'0'), rest[1:]
		}
		if len(rest) == 0 {
			if digits[0] == '-' {
				return math.Copysign(float64(n), -1), true
			}
			return float64(n), true
		}
	}
	f, err := strconv.ParseFloat(string(digits), 64)
	return f, err == nil
}

// toFloat returns a number of the document as kin-openapi compares it.
func toFloat(v any) (float64, bool) {
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
