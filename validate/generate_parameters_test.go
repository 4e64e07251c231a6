package validate_test

import (
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// addParameters adds some of the parameters to a request, serialized in their
// styles.
func (g generator) addParameters(c *testRequest, parameters openapi3.Parameters) {
	for _, ref := range parameters {
		p := ref.Value
		if !p.Required && g.chance(2) || p.Required && g.fault(40) {
			continue
		}
		for g.addParameter(c, p); g.fault(60); {
			g.addParameter(c, p)
		}
	}
}

func (g generator) addParameter(c *testRequest, p *openapi3.Parameter) {
	value := g.parameterValue(p)
	if g.fault(8) {
		value = g.mutate(value)
	}
	if p.Content != nil {
		var b strings.Builder
		g.writeJSON(&b, value)
		g.setParameter(c, p, p.Name, b.String())
		return
	}
	method, err := p.SerializationMethod()
	if err != nil {
		return
	}
	switch {
	case method.Style == "deepObject":
		members, _ := value.([]member)
		for _, m := range members {
			g.setParameter(c, p, p.Name+"["+m.name+"]", g.scalarText(m.value))
		}
	case p.In == "query" && method.Explode:
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				g.setParameter(c, p, p.Name, g.scalarText(item))
			}
		case []member:
			for _, m := range v {
				g.setParameter(c, p, m.name, g.scalarText(m.value))
			}
		default:
			g.setParameter(c, p, p.Name, g.scalarText(v))
		}
	default:
		g.setParameter(c, p, p.Name, g.serialize(p, method, value))
	}
}

func (g generator) parameterValue(p *openapi3.Parameter) any {
	if media := p.Content.Get("application/json"); media != nil {
		return g.value(media.Schema.Value, 0)
	}
	return g.value(p.Schema.Value, 0)
}

// serialize returns a value as a single text.
func (g generator) serialize(p *openapi3.Parameter, method *openapi3.SerializationMethod, value any) string {
	between, assign, prefix := ",", ",", ""
	if method.Explode {
		assign = "="
	}
	switch method.Style {
	case "label":
		prefix = "."
		if method.Explode {
			between = "."
		}
	case "matrix":
		prefix = ";" + p.Name + "="
		if method.Explode {
			between = prefix
		}
		if _, ok := value.([]member); ok && method.Explode {
			prefix, between = ";", ";"
		}
	case "spaceDelimited":
		between, assign = " ", " "
	case "pipeDelimited":
		between, assign = "|", "|"
	}
	var parts []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			parts = append(parts, g.scalarText(item))
		}
	case []member:
		for _, m := range v {
			parts = append(parts, m.name+assign+g.scalarText(m.value))
		}
	default:
		parts = []string{g.scalarText(v)}
	}
	return prefix + strings.Join(parts, between)
}

// scalarText returns a scalar as the text of a parameter.
func (g generator) scalarText(v any) string {
	switch v := v.(type) {
	case raw:
		if g.fault(20) {
			return pick(g, "+", "0", " ") + string(v)
		}
		return string(v)
	case string:
		return v
	case bool:
		if g.fault(20) {
			return pick(g, "1", "T", "TRUE", "0")
		}
		return map[bool]string{true: "true", false: "false"}[v]
	case nil:
		return ""
	default:
		var b strings.Builder
		g.writeJSON(&b, v)
		return b.String()
	}
}

func (g generator) setParameter(c *testRequest, p *openapi3.Parameter, name, text string) {
	if g.fault(25) {
		text = g.corrupt(text)
	}
	switch p.In {
	case "path":
		c.path[name] = text
	case "header":
		c.header.Add(name, text)
	case "cookie":
		c.header["Cookie"] = append(c.header["Cookie"], name+"="+text)
	default:
		part := url.QueryEscape(name) + "=" + url.QueryEscape(text)
		if g.chance(2) && !strings.ContainsAny(name+text, "&+=#\x00") {
			part = name + "=" + text
		}
		c.query = strings.Join(slices.DeleteFunc([]string{c.query, part}, func(s string) bool { return s == "" }), "&")
	}
}
