package server

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/validate"
)

func contractOperations(t *testing.T) []*validate.Operation {
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

func TestCheckAccessRules(t *testing.T) {
	all := contractOperations(t)
	if err := checkAccessRules(accessRules, all); err != nil {
		t.Errorf("the rules of this server: %v", err)
	}
	for _, tt := range []struct {
		name   string
		change func(map[string]accessRule)
		want   string
	}{
		{"missing rule", func(table map[string]accessRule) { delete(table, "showPeering") }, "showPeering"},
		{"unknown operation", func(table map[string]accessRule) { table["mergePeerings"] = accessRule{} }, "mergePeerings"},
		{"misspelt operation", func(table map[string]accessRule) {
			table["showPeerings"] = table["showPeering"]
			delete(table, "showPeering")
		}, "showPeering"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := maps.Clone(accessRules)
			tt.change(table)
			if err := checkAccessRules(table, all); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that names %s", err, tt.want)
			}
		})
	}
}

func TestAccessRulesMatchOperations(t *testing.T) {
	for _, operation := range contractOperations(t) {
		rule := accessRules[operation.ID]
		if (rule.mode == read) != (operation.Method == http.MethodGet) {
			t.Errorf("the mode of %s does not match method %s", operation.ID, operation.Method)
		}
		if (rule.source == projectInHeader) != vpcRoot(operation.Path) || (rule.source == projectInPath) != strings.Contains(operation.Path, "{project_id}") {
			t.Errorf("the project source of %s does not match path %s", operation.ID, operation.Path)
		}
	}
}
