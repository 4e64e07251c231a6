package validate

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// queryPart is a name and a value of a query, unescaped.
type queryPart struct{ name, value string }

// parameters tells whether all parameters of a request are certainly valid.
func (r *run) parameters(plans []*parameterPlan, request *http.Request, path PathParams) bool {
	if !r.readQuery(request.URL.RawQuery) {
		return false
	}
	r.inParameter = true
	for _, plan := range plans {
		if !r.parameter(plan, request, path) || r.ask {
			return false
		}
	}
	r.inParameter = false
	return true
}

// readQuery takes a query apart. It answers false for one that url.ParseQuery refuses, and for very long ones.
func (r *run) readQuery(query string) bool {
	const maxParts = 128
	r.query = r.query[:0]
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
		if name, ok = unescaped(name); !ok {
			return false
		}
		if value, ok = unescaped(value); !ok || len(r.query) == maxParts {
			return false
		}
		r.query = append(r.query, queryPart{name, value})
	}
	return true
}

func unescaped(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	s, err := url.QueryUnescape(s)
	return s, err == nil
}

func (r *run) parameter(plan *parameterPlan, request *http.Request, path PathParams) bool {
	if plan.shape == shapeFree {
		return true
	}
	switch plan.In {
	case openapi3.ParameterInPath:
		value, ok := path(plan.Name)
		return ok && value != "" && r.parameterText(plan, value)
	case openapi3.ParameterInHeader:
		values, ok := request.Header[plan.header]
		if !ok {
			return plan.absent
		}
		return len(values) == 1 && r.parameterText(plan, values[0])
	case openapi3.ParameterInCookie:
		if _, ok := request.Header["Cookie"]; !ok {
			return plan.absent
		}
		cookies := request.CookiesNamed(plan.Name)
		if len(cookies) == 0 {
			return plan.absent
		}
		return len(cookies) == 1 && r.parameterText(plan, cookies[0].Value)
	default:
		return r.queryParameter(plan)
	}
}

func (r *run) queryParameter(plan *parameterPlan) bool {
	count, deep, value := 0, 0, ""
	for _, part := range r.query {
		if part.name == plan.Name {
			count, value = count+1, part.value
		} else if strings.HasPrefix(part.name, plan.Name) && part.name[len(plan.Name)] == '[' {
			deep++
		}
	}
	switch {
	case plan.wide && len(r.query) > 0:
		return false
	case plan.deep && deep > 0:
		return r.deepMembers(plan)
	case deep > 0 && plan.shape == shapeUnread:
		return false
	case plan.deep || count == 0:
		return plan.absent
	case plan.shape == shapeList && plan.explode:
		return r.explodedList(plan, count)
	default:
		return count == 1 && r.parameterText(plan, value)
	}
}

// parameterText tells whether a parameter that stands in one text is certainly valid.
func (r *run) parameterText(plan *parameterPlan, value string) bool {
	value, ok := strings.CutPrefix(value, plan.prefix)
	if !ok {
		return false
	}
	switch plan.shape {
	case shapePlain:
		if value == "" && plan.AllowEmptyValue {
			return true
		}
		r.reset(nil, 0)
		return r.literal(plan.item, value) && r.valid(plan.node, 0)
	case shapeList:
		if plan.In == openapi3.ParameterInQuery && plan.explode {
			return false
		}
		return r.list(plan, strings.SplitSeq(value, plan.between), plan.In == openapi3.ParameterInHeader)
	case shapeMembers:
		return r.members(plan, value)
	case shapeContent:
		return r.scan([]byte(value), maxParameterDepth) && r.entries[0].kind != jsonNull && r.finite() && r.valid(plan.node, 0)
	default:
		return false
	}
}

// maxParameterDepth is how deep JSON in a parameter is nested at most where it needs not be asked about.
const maxParameterDepth = 32

// finite tells whether all numbers are in the range of a float64. Texts with others are not read as JSON.
func (r *run) finite() bool {
	for i := range r.entries {
		if r.entries[i].kind == jsonNumber {
			if _, finite := parseNumber(r.text(i)); !finite {
				return false
			}
		}
	}
	return true
}

func (r *run) explodedList(plan *parameterPlan, count int) bool {
	return r.list(plan, func(yield func(string) bool) {
		for _, part := range r.query {
			if part.name == plan.Name && !yield(part.value) {
				return
			}
		}
	}, false) && count > 0
}

func (r *run) list(plan *parameterPlan, items func(func(string) bool), trim bool) bool {
	r.reset(nil, 0)
	r.push(entry{kind: jsonArray})
	ok, count := true, uint32(0)
	for item := range items {
		if trim {
			item = strings.TrimSpace(item)
		}
		if ok = item != "" && r.literal(plan.item, item); !ok {
			break
		}
		count++
	}
	r.close(0, count)
	return ok && r.valid(plan.node, 0)
}

func (r *run) deepMembers(plan *parameterPlan) bool {
	r.reset(nil, 0)
	r.push(entry{kind: jsonObject})
	count := uint32(0)
	for _, part := range r.query {
		rest, ok := strings.CutPrefix(part.name, plan.Name)
		if !ok || rest == "" || rest[0] != '[' {
			continue
		}
		name, after, ok := strings.Cut(rest[1:], "]")
		if !ok || after != "" || !r.addMember(plan, name, part.value) {
			return false
		}
		count++
	}
	r.close(0, count)
	return r.distinct(0) && r.valid(plan.node, 0)
}

func (r *run) members(plan *parameterPlan, value string) bool {
	r.reset(nil, 0)
	r.push(entry{kind: jsonObject})
	count, name := uint32(0), ""
	named := false
	for part := range strings.SplitSeq(value, plan.between) {
		var ok bool
		switch {
		case plan.between != plan.assign:
			name, part, ok = strings.Cut(part, plan.assign)
			if !ok || strings.Contains(part, plan.assign) {
				return false
			}
		case !named:
			name, named = part, true
			continue
		}
		if !r.addMember(plan, name, part) {
			return false
		}
		named = false
		count++
	}
	r.close(0, count)
	return !named && r.distinct(0) && r.valid(plan.node, 0)
}

func (r *run) addMember(plan *parameterPlan, name, value string) bool {
	schema := plan.properties[name]
	if schema == nil || value == "" || strings.Contains(value, "\x1f") {
		return false
	}
	r.pushText(jsonText, name)
	return r.literal(schema, value)
}

func (r *run) pushText(k kind, s string) {
	from := len(r.plain)
	r.plain = append(r.plain, s...)
	r.push(entry{a: uint32(from), b: uint32(len(r.plain)), kind: k, escaped: true}) //nolint:gosec // as long as a request's header at most
}

// literal adds a plain value. Spellings that are not JSON's are left to kin-openapi.
func (r *run) literal(s *openapi3.Schema, value string) bool {
	switch {
	case s.Type.Is("string"):
		r.pushText(jsonText, value)
		return utf8.ValidString(value)
	case s.Type.Is("boolean"):
		if value == "true" {
			r.push(entry{kind: jsonTrue})
		} else {
			r.push(entry{kind: jsonFalse})
		}
		return value == "true" || value == "false"
	case s.Type.Is("integer"):
		r.pushText(jsonNumber, value)
		return isInteger(value) && (s.Format != "int32" || len(value) < len("2147483647"))
	default:
		r.pushText(jsonNumber, value)
		return isNumber(value)
	}
}

// isInteger tells whether a text is an integer as JSON writes it, and fits into 64 bits.
func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 18 && (s[0] != '0' || len(s) == 1)
}

// isNumber tells whether a text is a number as JSON writes it.
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] != '.' && (s[i] < '0' || s[i] > '9') && (s[i] != '-' || i > 0) {
			return false
		}
	}
	whole, fraction, hasFraction := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return isInteger(whole) && whole[0] != '-' && (!hasFraction || fraction != "" && !strings.Contains(fraction, "."))
}
