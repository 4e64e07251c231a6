package validate_test

import (
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// parameters adds some of the parameters to a request, in their styles.
func (g generator) parameters(c *trial, parameters openapi3.Parameters) {
	for _, ref := range parameters {
		p := ref.Value
		if !p.Required && g.chance(2) || p.Required && g.odd(40) {
			continue
		}
		for g.parameter(c, p); g.odd(60); {
			g.parameter(c, p)
		}
	}
}

func (g generator) parameter(c *trial, p *openapi3.Parameter) {
	value := g.parameterValue(p)
	if g.odd(8) {
		value = g.mutate(value)
	}
	if p.Content != nil {
		var b strings.Builder
		g.write(&b, value)
		g.put(c, p, p.Name, b.String())
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
			g.put(c, p, p.Name+"["+m.name+"]", g.plain(m.value))
		}
	case p.In == "query" && method.Explode:
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				g.put(c, p, p.Name, g.plain(item))
			}
		case []member:
			for _, m := range v {
				g.put(c, p, m.name, g.plain(m.value))
			}
		default:
			g.put(c, p, p.Name, g.plain(v))
		}
	default:
		g.put(c, p, p.Name, g.styled(p, method, value))
	}
}

func (g generator) parameterValue(p *openapi3.Parameter) any {
	if media := p.Content.Get("application/json"); media != nil {
		return g.value(media.Schema.Value, 0)
	}
	return g.value(p.Schema.Value, 0)
}

// styled answers a value in one text.
func (g generator) styled(p *openapi3.Parameter, method *openapi3.SerializationMethod, value any) string {
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
			parts = append(parts, g.plain(item))
		}
	case []member:
		for _, m := range v {
			parts = append(parts, m.name+assign+g.plain(m.value))
		}
	default:
		parts = []string{g.plain(v)}
	}
	return prefix + strings.Join(parts, between)
}

// plain answers a value as the text of a parameter.
func (g generator) plain(v any) string {
	switch v := v.(type) {
	case raw:
		if g.odd(20) {
			return pick(g, "+", "0", " ") + string(v)
		}
		return string(v)
	case string:
		return v
	case bool:
		if g.odd(20) {
			return pick(g, "1", "T", "TRUE", "0")
		}
		return map[bool]string{true: "true", false: "false"}[v]
	case nil:
		return ""
	default:
		var b strings.Builder
		g.write(&b, v)
		return b.String()
	}
}

func (g generator) put(c *trial, p *openapi3.Parameter, name, text string) {
	if g.odd(25) {
		text = g.damage(text)
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
