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

// corpus contains the documents and their operations in a fixed order.
type corpus struct {
	oracles    []oracle
	operations [][]*validate.Operation
}

func newCorpus(t testing.TB) corpus {
	t.Helper()
	var c corpus
	for _, file := range documents {
		o := newOracle(t, file)
		operations := o.validator.Operations()
		slices.SortFunc(operations, func(a, b *validate.Operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
		c.oracles, c.operations = append(c.oracles, o), append(c.operations, operations)
	}
	return c
}

// addSeeds calls add with random requests for every operation.
func (c corpus) addSeeds(add func(document, operation uint8, request testRequest)) {
	for d, o := range c.oracles {
		g := generator{Rand: rand.New(rand.NewPCG(1, uint64(d))), document: o.document}
		for n, operation := range c.operations[d] {
			for range 3 {
				add(uint8(d), uint8(n), g.randomRequestFor(o, operation))
			}
		}
	}
}

func (c corpus) pick(document, operation uint8) (oracle, *validate.Operation) {
	d := int(document) % len(c.oracles)
	return c.oracles[d], c.operations[d][int(operation)%len(c.operations[d])]
}

// Check must accept exactly the bodies that encoding/json and kin-openapi
// accept.
func FuzzBody(f *testing.F) {
	c := newCorpus(f)
	c.addSeeds(func(document, operation uint8, request testRequest) { f.Add(document, operation, request.body) })
	f.Fuzz(func(t *testing.T, document, operation uint8, body string) {
		o, target := c.pick(document, operation)
		g := generator{Rand: rand.New(rand.NewPCG(1, 1)), document: o.document, faultless: true}
		request := g.randomRequestFor(o, target)
		request.body = body
		if tooDeep(body) {
			return
		}
		compareVerdicts(t, o, request)
	})
}

// tooDeep reports whether a body is nested so deeply that some schemas take
// kin-openapi forever.
func tooDeep(body string) bool {
	return strings.Count(body, "{")+strings.Count(body, "[") > 24
}

// FuzzParameters is FuzzBody for parameters. The headers and the path
// parameters are one per line.
func FuzzParameters(f *testing.F) {
	c := newCorpus(f)
	c.addSeeds(func(document, operation uint8, request testRequest) {
		var path, header []string
		for _, name := range slices.Sorted(maps.Keys(request.path)) {
			path = append(path, request.path[name])
		}
		for name, values := range request.header {
			header = append(header, name+": "+strings.Join(values, ","))
		}
		f.Add(document, operation, strings.Join(path, "\n"), request.query, strings.Join(header, "\n"))
	})
	f.Fuzz(func(t *testing.T, document, operation uint8, path, query, header string) {
		o, target := c.pick(document, operation)
		g := generator{Rand: rand.New(rand.NewPCG(1, 1)), document: o.document, faultless: true}
		request := g.randomRequestFor(o, target)
		request.query = query
		texts := strings.Split(path, "\n")
		for i, name := range slices.Sorted(maps.Keys(request.path)) {
			if i < len(texts) {
				request.path[name] = texts[i]
			}
		}
		request.header = http.Header{"Content-Type": {"application/json"}}
		for line := range strings.SplitSeq(header, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				request.header.Add(name, value)
			}
		}
		if tooDeep(query) {
			return
		}
		compareVerdicts(t, o, request)
	})
}
