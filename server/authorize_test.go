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
	if err := checkAccessRules(accessRules, all); err != nil {
		t.Errorf("the table as it is: %v", err)
	}
	for _, tt := range []struct {
		name   string
		change func(map[string]accessRule)
		want   string
	}{
		{"one is missing", func(table map[string]accessRule) { delete(table, "showPeering") }, "showPeering"},
		{"one is left over", func(table map[string]accessRule) { table["mergePeerings"] = accessRule{} }, "mergePeerings"},
		{"one is misspelt", func(table map[string]accessRule) {
			table["showPeerings"] = table["showPeering"]
			delete(table, "showPeering")
		}, "showPeering"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := maps.Clone(accessRules)
			tt.change(table)
			if err := checkAccessRules(table, all); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestAccessesFitTheirOperations(t *testing.T) {
	for _, operation := range operations(t) {
		rule := accessRules[operation.ID]
		if (rule.mode == read) != (operation.Method == http.MethodGet) {
			t.Errorf("%s is a %s", operation.ID, operation.Method)
		}
		if (rule.source == projectInHeader) != vpcRoot(operation.Path) || (rule.source == projectInPath) != strings.Contains(operation.Path, "{project_id}") {
			t.Errorf("%s has the path %s", operation.ID, operation.Path)
		}
	}
}
