package validate

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// queryPair is an unescaped name and value in a query.
type queryPair struct{ name, value string }

// validParameters reports whether all parameters of a request are valid. jsonscan.False
// means that kin-openapi must decide.
func (e *evaluator) validParameters(params []*compiledParameter, request *http.Request, path PathParams) bool {
	if !e.readQuery(request.URL.RawQuery) {
		return false
	}
	e.inParameter = true
	for _, param := range params {
		if !e.validParameter(param, request, path) || e.undecided {
			return false
		}
	}
	e.inParameter = false
	return true
}

// readQuery splits a query into pairs. It returns false for a query that
// url.ParseQuery rejects, and for a very long one.
func (e *evaluator) readQuery(query string) bool {
	const maxParts = 128
	e.queryPairs = e.queryPairs[:0]
	if strings.Contains(query, ";") {
		return false
	}
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		var ok bool
		if name, ok = unescape(name); !ok {
			return false
		}
		if value, ok = unescape(value); !ok || len(e.queryPairs) == maxParts {
			return false
		}
		e.queryPairs = append(e.queryPairs, queryPair{name, value})
	}
	return true
}

func unescape(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	s, err := url.QueryUnescape(s)
	return s, err == nil
}

func (e *evaluator) validParameter(param *compiledParameter, request *http.Request, path PathParams) bool {
	if param.form == formAny {
		return true
	}
	switch param.In {
	case openapi3.ParameterInPath:
		value, ok := path(param.Name)
		return ok && value != "" && e.validParameterText(param, value)
	case openapi3.ParameterInHeader:
		values, ok := request.Header[param.header]
		if !ok {
			return param.optional
		}
		return len(values) == 1 && e.validParameterText(param, values[0])
	case openapi3.ParameterInCookie:
		if _, ok := request.Header["Cookie"]; !ok {
			return param.optional
		}
		cookies := request.CookiesNamed(param.Name)
		if len(cookies) == 0 {
			return param.optional
		}
		return len(cookies) == 1 && e.validParameterText(param, cookies[0].Value)
	default:
		return e.validQueryParameter(param)
	}
}

func (e *evaluator) validQueryParameter(param *compiledParameter) bool {
	count, deep, value := 0, 0, ""
	for _, part := range e.queryPairs {
		if part.name == param.Name {
			count, value = count+1, part.value
		} else if strings.HasPrefix(part.name, param.Name) && part.name[len(param.Name)] == '[' {
			deep++
		}
	}
	switch {
	case param.takesAnyName && len(e.queryPairs) > 0:
		return false
	case param.deepObject && deep > 0:
		return e.validDeepObject(param)
	case deep > 0 && param.form == formFallback:
		return false
	case param.deepObject || count == 0:
		return param.optional
	case param.form == formArray && param.explode:
		return e.validExplodedArray(param, count)
	default:
		return count == 1 && e.validParameterText(param, value)
	}
}

// validParameterText is validParameters for one parameter in a single text.
func (e *evaluator) validParameterText(param *compiledParameter, value string) bool {
	value, ok := strings.CutPrefix(value, param.prefix)
	if !ok {
		return false
	}
	switch param.form {
	case formScalar:
		if value == "" && param.AllowEmptyValue {
			return true
		}
		e.Reset(nil, 0)
		return e.pushScalar(param.item, value) && e.valid(param.schema, 0)
	case formArray:
		if param.In == openapi3.ParameterInQuery && param.explode {
			return false
		}
		return e.validArrayParameter(param, strings.SplitSeq(value, param.separator), param.In == openapi3.ParameterInHeader)
	case formObject:
		return e.validObjectParameter(param, value)
	case formJSON:
		return e.Scan([]byte(value), maxParameterDepth) && e.Entries[0].Kind != jsonscan.Null && e.numbersFinite() && e.valid(param.schema, 0)
	default:
		return false
	}
}

// maxParameterDepth is the maximum nesting of JSON in a parameter that is
// decided without kin-openapi.
const maxParameterDepth = 32

// numbersFinite reports whether all numbers fit a float64. kin-openapi does not
// parse texts with others as JSON.
func (e *evaluator) numbersFinite() bool {
	for i := range e.Entries {
		if e.Entries[i].Kind == jsonscan.Number {
			if _, finite := parseNumber(e.Text(i)); !finite {
				return false
			}
		}
	}
	return true
}

func (e *evaluator) validExplodedArray(param *compiledParameter, count int) bool {
	return e.validArrayParameter(param, func(yield func(string) bool) {
		for _, part := range e.queryPairs {
			if part.name == param.Name && !yield(part.value) {
				return
			}
		}
	}, false) && count > 0
}

func (e *evaluator) validArrayParameter(param *compiledParameter, items func(func(string) bool), trim bool) bool {
	e.Reset(nil, 0)
	e.Push(jsonscan.Entry{Kind: jsonscan.Array})
	ok, count := true, uint32(0)
	for item := range items {
		if trim {
			item = strings.TrimSpace(item)
		}
		if ok = item != "" && e.pushScalar(param.item, item); !ok {
			break
		}
		count++
	}
	e.Close(0, count)
	return ok && e.valid(param.schema, 0)
}

func (e *evaluator) validDeepObject(param *compiledParameter) bool {
	e.Reset(nil, 0)
	e.Push(jsonscan.Entry{Kind: jsonscan.Object})
	count := uint32(0)
	for _, part := range e.queryPairs {
		rest, ok := strings.CutPrefix(part.name, param.Name)
		if !ok || rest == "" || rest[0] != '[' {
			continue
		}
		name, after, ok := strings.Cut(rest[1:], "]")
		if !ok || after != "" || !e.pushMember(param, name, part.value) {
			return false
		}
		count++
	}
	e.Close(0, count)
	return e.CheckDuplicates(0) && e.valid(param.schema, 0)
}

func (e *evaluator) validObjectParameter(param *compiledParameter, value string) bool {
	e.Reset(nil, 0)
	e.Push(jsonscan.Entry{Kind: jsonscan.Object})
	count, name := uint32(0), ""
	named := false
	for part := range strings.SplitSeq(value, param.separator) {
		var ok bool
		switch {
		case param.separator != param.assign:
			name, part, ok = strings.Cut(part, param.assign)
			if !ok || strings.Contains(part, param.assign) {
				return false
			}
		case !named:
			name, named = part, true
			continue
		}
		if !e.pushMember(param, name, part) {
			return false
		}
		named = false
		count++
	}
	e.Close(0, count)
	return !named && e.CheckDuplicates(0) && e.valid(param.schema, 0)
}

func (e *evaluator) pushMember(param *compiledParameter, name, value string) bool {
	schema := param.properties[name]
	if schema == nil || value == "" || strings.Contains(value, "\x1f") {
		return false
	}
	e.PushString(jsonscan.String, name)
	return e.pushScalar(schema, value)
}

// pushScalar appends the entry of a scalar. It returns false for a spelling
// that is not JSON's, which kin-openapi must decide.
func (e *evaluator) pushScalar(s *openapi3.Schema, value string) bool {
	switch {
	case s.Type.Is("string"):
		e.PushString(jsonscan.String, value)
		return utf8.ValidString(value)
	case s.Type.Is("boolean"):
		if value == "true" {
			e.Push(jsonscan.Entry{Kind: jsonscan.True})
		} else {
			e.Push(jsonscan.Entry{Kind: jsonscan.False})
		}
		return value == "true" || value == "false"
	case s.Type.Is("integer"):
		e.PushString(jsonscan.Number, value)
		return isInteger(value) && (s.Format != "int32" || len(value) < len("2147483647"))
	default:
		e.PushString(jsonscan.Number, value)
		return isNumber(value)
	}
}

// isInteger reports whether s is an integer in JSON syntax that fits 64 bits.
func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 18 && (s[0] != '0' || len(s) == 1)
}

// isNumber reports whether s is a number in JSON syntax, without an exponent.
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] != '.' && (s[i] < '0' || s[i] > '9') && (s[i] != '-' || i > 0) {
			return false
		}
	}
	whole, fraction, hasFraction := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return isInteger(whole) && whole[0] != '-' && (!hasFraction || fraction != "" && !strings.Contains(fraction, "."))
}
