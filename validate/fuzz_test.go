package validate_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/validate"
)

// corpus are the documents with their operations in order.
type corpus struct {
	oracles    []oracle
	operations [][]*validate.Operation
}

func corpusOf(t testing.TB) corpus {
	t.Helper()
	var c corpus
	for _, file := range documents {
		o := oracleFor(t, file)
		operations := o.validator.Operations()
		slices.SortFunc(operations, func(a, b *validate.Operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
		c.oracles, c.operations = append(c.oracles, o), append(c.operations, operations)
	}
	return c
}

// each calls add with some requests for every operation.
func (c corpus) each(add func(document, operation uint8, made trial)) {
	for d, o := range c.oracles {
		g := generator{Rand: rand.New(rand.NewPCG(1, uint64(d))), document: o.document}
		for n, operation := range c.operations[d] {
			for range 3 {
				add(uint8(d), uint8(n), g.trialOf(o, operation))
			}
		}
	}
}

func (c corpus) pick(document, operation uint8) (oracle, *validate.Operation) {
	d := int(document) % len(c.oracles)
	return c.oracles[d], c.operations[d][int(operation)%len(c.operations[d])]
}

// No body is accepted that encoding/json and kin-openapi refuse, and none is refused that they accept.
func FuzzBody(f *testing.F) {
	c := corpusOf(f)
	c.each(func(document, operation uint8, made trial) { f.Add(document, operation, made.body) })
	f.Fuzz(func(t *testing.T, document, operation uint8, body string) {
		o, chosen := c.pick(document, operation)
		g := generator{Rand: rand.New(rand.NewPCG(1, 1)), document: o.document, tame: true}
		made := g.trialOf(o, chosen)
		made.body = body
		if heavy(body) {
			return
		}
		compare(t, o, made)
	})
}

// heavy bodies are nested so deep that kin-openapi takes for ever with some schemas.
func heavy(body string) bool {
	return strings.Count(body, "{")+strings.Count(body, "[") > 24
}

// The same for parameters. The headers stand in lines, the path's texts, too.
func FuzzParameters(f *testing.F) {
	c := corpusOf(f)
	c.each(func(document, operation uint8, made trial) {
		var path, header []string
		for _, name := range slices.Sorted(maps.Keys(made.path)) {
			path = append(path, made.path[name])
		}
		for name, values := range made.header {
			header = append(header, name+": "+strings.Join(values, ","))
		}
		f.Add(document, operation, strings.Join(path, "\n"), made.query, strings.Join(header, "\n"))
	})
	f.Fuzz(func(t *testing.T, document, operation uint8, path, query, header string) {
		o, chosen := c.pick(document, operation)
		g := generator{Rand: rand.New(rand.NewPCG(1, 1)), document: o.document, tame: true}
		made := g.trialOf(o, chosen)
		made.query = query
		texts := strings.Split(path, "\n")
		for i, name := range slices.Sorted(maps.Keys(made.path)) {
			if i < len(texts) {
				made.path[name] = texts[i]
			}
		}
		made.header = http.Header{"Content-Type": {"application/json"}}
		for line := range strings.SplitSeq(header, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				made.header.Add(name, value)
			}
		}
		if heavy(query) {
			return
		}
		compare(t, o, made)
	})
}
