package validate_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestContractIsFullyCompiled(t *testing.T) {
	for _, operation := range newOracle(t, "../openapi.yaml").validator.Operations() {
		if ok, reason := operation.Compiled(); !ok {
			t.Errorf("%s: %s", operation.ID, reason)
		}
	}
}

func TestDocumentedExamplesNeedNoFallback(t *testing.T) {
	o := newOracle(t, "../openapi.yaml")
	examples := 0
	for _, operation := range o.validator.Operations() {
		body := o.document.Paths.Value(operation.Path).GetOperation(operation.Method).RequestBody
		if body == nil {
			continue
		}
		for _, value := range examplesOf(body.Value.Content.Get("application/json")) {
			examples++
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			r := testRequest{operation: operation, header: http.Header{"Content-Type": {"application/json"}}, body: string(text)}
			if verdict := operation.CompiledVerdict(r.request(), nil); !verdict.Body {
				t.Errorf("%s needs kin-openapi for its example %s", operation.ID, text)
			}
		}
	}
	if examples < 5 {
		t.Errorf("got %d examples, want at least 5", examples)
	}
}

func examplesOf(media *openapi3.MediaType) []any {
	var values []any
	if media.Example != nil {
		values = append(values, media.Example)
	}
	for example := range maps.Values(media.Examples) {
		values = append(values, example.Value.Value)
	}
	return values
}

func TestAlmostAllValidRequestsNeedNoFallback(t *testing.T) {
	o := newOracle(t, "../openapi.yaml")
	g := generator{Rand: rand.New(rand.NewPCG(randomSeed(t), 0)), document: o.document, faultless: true}
	accepted, fallbacks := 0, 0
	for range 3000 {
		r := g.randomRequest(o)
		if !o.accepts(r) {
			continue
		}
		accepted++
		if verdict := r.operation.CompiledVerdict(r.request(), r.path); !verdict.Parameters || r.body != "" && !verdict.Body {
			fallbacks++
		}
	}
	t.Logf("%d of %d valid requests needed kin-openapi", fallbacks, accepted)
	if accepted < 1000 || fallbacks*100 >= accepted {
		t.Error("want less than 1% of at least 1000 valid requests")
	}
}
