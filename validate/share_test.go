package validate_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestThisDocumentIsCompiledWhole(t *testing.T) {
	for _, operation := range oracleFor(t, "../openapi.yaml").validator.Operations() {
		if ok, why := operation.Compiled(); !ok {
			t.Errorf("%s: %s", operation.ID, why)
		}
	}
}

func TestDocumentedExamplesDoWithoutKinOpenAPI(t *testing.T) {
	o := oracleFor(t, "../openapi.yaml")
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
			c := trial{operation: operation, header: http.Header{"Content-Type": {"application/json"}}, body: string(text)}
			if opinion := operation.CompiledVerdict(c.request(), nil); !opinion.Body {
				t.Errorf("%s needs kin-openapi for its example %s", operation.ID, text)
			}
		}
	}
	if examples < 5 {
		t.Errorf("found %d examples only", examples)
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

func TestAlmostAllValidRequestsDoWithoutKinOpenAPI(t *testing.T) {
	o := oracleFor(t, "../openapi.yaml")
	g := generator{Rand: rand.New(rand.NewPCG(seedOf(t), 0)), document: o.document, tame: true}
	accepted, asked := 0, 0
	for range 3000 {
		c := g.trial(o)
		if !o.accepts(c) {
			continue
		}
		accepted++
		if opinion := c.operation.CompiledVerdict(c.request(), c.path); !opinion.Parameters || c.body != "" && !opinion.Body {
			asked++
		}
	}
	t.Logf("%d of %d valid requests needed kin-openapi", asked, accepted)
	if accepted < 1000 || asked*100 >= accepted {
		t.Error("want less than 1%")
	}
}
