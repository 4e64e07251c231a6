package e2e_test

import (
	"strings"
	"testing"

	api "github.com/peering/peering/gen/server"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/internal/e2e/harness"
)

func TestExamplesMatchSchemas(t *testing.T) {
	// Validate checks the examples of all parameters, requests and responses.
	if err := harness.Contract.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRequestSchemasAreClosed(t *testing.T) {
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	var bodies int
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.RequestBody == nil {
				continue
			}
			bodies++
			checkClosed(t, method+" "+path, operation.RequestBody.Value.Content["application/json"].Schema.Value)
		}
	}
	if bodies == 0 {
		t.Error("the contract has no request bodies")
	}
}

// checkClosed fails the test unless a schema and all schemas in it forbid
// unknown members.
func checkClosed(t *testing.T, where string, s *openapi3.Schema) {
	t.Helper()
	if !s.Type.Is(openapi3.TypeObject) {
		return
	}
	if has := s.AdditionalProperties.Has; has == nil || *has {
		t.Errorf("%s allows unknown members", where)
	}
	for name, property := range s.Properties {
		checkClosed(t, where+" "+name, property.Value)
	}
}

func TestPatternsAreAnchored(t *testing.T) {
	for name, schema := range harness.Contract.Components.Schemas {
		for property, ref := range schema.Value.Properties {
			checkAnchored(t, name+"."+property, ref.Value.Pattern)
		}
		checkAnchored(t, name, schema.Value.Pattern)
	}
}

func checkAnchored(t *testing.T, where, pattern string) {
	t.Helper()
	if pattern != "" && (!strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$")) {
		t.Errorf("the pattern of %s is not anchored: %s", where, pattern)
	}
}
