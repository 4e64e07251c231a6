package validate_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate"
)

const inventory = `
openapi: 3.0.3
info: { title: Inventory, version: "1" }
paths:
  /hosts:
    post:
      operationId: createHosts
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Hosts" } } } }
      responses: { "204": { description: Done } }
components:
  schemas:
    Hosts: { type: array, maxItems: 1000, items: { $ref: "#/components/schemas/Host" } }
    Host:
      type: object
      additionalProperties: false
      required: [id, name]
      properties:
        id: { type: string, pattern: "^[0-9a-f]{8}$" }
        name: { type: string, minLength: 1, maxLength: 64 }
        cpus: { type: integer, minimum: 1, maximum: 256 }
        on: { type: boolean }
`

// hosts is a body of 7 kB that holds 100 objects.
var hosts = "[" + strings.TrimSuffix(strings.Repeat(`{"id":"0a1b2c3d","name":"host-1.example.org","cpus":16,"on":true},`, 100), ",") + "]"

// BenchmarkBody times the check of a large body against what kin-openapi does with it: decode it and walk the schema.
// Both take turns, and the median of their ratios counts.
func BenchmarkBody(b *testing.B) {
	doc := load(b, inventory)
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	operation, schema := validator.Operations()[0], doc.Components.Schemas["Hosts"].Value
	data := []byte(hosts)
	check := func() {
		r := &http.Request{
			Method: http.MethodPost, URL: &url.URL{Path: "/hosts"}, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(bytes.NewReader(data)), ContentLength: int64(len(data)),
		}
		if err := operation.Check(r, nil); err != nil {
			b.Fatal(err)
		}
	}
	visit := func() {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			b.Fatal(err)
		}
		if err := schema.VisitJSON(value, openapi3.VisitAsRequest()); err != nil {
			b.Fatal(err)
		}
	}
	var ratios []float64
	for range b.N {
		ratios = append(ratios, took(check)/took(visit))
	}
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "check/kin-openapi")
	b.ReportMetric(testing.AllocsPerRun(20, check), "allocs-check")
	b.ReportMetric(testing.AllocsPerRun(20, visit), "allocs-kin-openapi")
}

func took(f func()) float64 {
	start := time.Now()
	for range 10 {
		f()
	}
	return float64(time.Since(start))
}
