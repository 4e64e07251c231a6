package server

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/validate"
)

func operations(t *testing.T) []*validate.Operation {
	t.Helper()
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.New(doc, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v.Operations()
}

func TestOperationsThatNobodyDecidedOnAreRefused(t *testing.T) {
	all := operations(t)
	if err := checkAccesses(accesses, all); err != nil {
		t.Errorf("the table as it is: %v", err)
	}
	for _, tt := range []struct {
		name   string
		change func(map[string]access)
		want   string
	}{
		{"one is missing", func(table map[string]access) { delete(table, "showPeering") }, "showPeering"},
		{"one is left over", func(table map[string]access) { table["mergePeerings"] = access{} }, "mergePeerings"},
		{"one is misspelt", func(table map[string]access) {
			table["showPeerings"] = table["showPeering"]
			delete(table, "showPeering")
		}, "showPeering"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := maps.Clone(accesses)
			tt.change(table)
			if err := checkAccesses(table, all); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestAccessesFitTheirOperations(t *testing.T) {
	for _, operation := range operations(t) {
		needs := accesses[operation.ID]
		if (needs.effect == reads) != (operation.Method == http.MethodGet) {
			t.Errorf("%s is a %s", operation.ID, operation.Method)
		}
		if (needs.naming == byHeader) != vpcRoot(operation.Path) || (needs.naming == byPath) != strings.Contains(operation.Path, "{project_id}") {
			t.Errorf("%s has the path %s", operation.ID, operation.Path)
		}
	}
}
