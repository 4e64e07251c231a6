package validate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/validate"
)

func TestKindHasStatus(t *testing.T) {
	for _, tt := range []struct {
		name string
		kind validate.Kind
		want int
	}{
		{"invalid", validate.Invalid, http.StatusBadRequest},
		{"too large", validate.TooLarge, http.StatusRequestEntityTooLarge},
		{"unsupported media type", validate.UnsupportedMediaType, http.StatusUnsupportedMediaType},
		{"unauthenticated", validate.Unauthenticated, http.StatusUnauthorized},
		{"bad response", validate.BadResponse, http.StatusInternalServerError},
		{"unknown", 0, http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.kind.Status(); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestErrorIsOneLine(t *testing.T) {
	for _, tt := range []struct {
		name       string
		violations []validate.Violation
		want       string
	}{
		{"part as a whole", []validate.Violation{{In: validate.Body, Reason: "is required"}}, "body: is required"},
		{"field", []validate.Violation{{In: validate.Query, Field: "limit", Reason: "must be an integer"}}, "query limit: must be an integer"},
		{
			"several violations", []validate.Violation{{In: validate.Path, Field: "id", Reason: "a"}, {In: validate.Body, Field: "/b", Reason: "c"}},
			"path id: a; body /b: c",
		},
		{"control characters in a name", []validate.Violation{{In: validate.Body, Field: "/a\nb\x1b", Reason: "c"}}, "body /a\ufffdb\ufffd: c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (&validate.Error{Violations: tt.violations}).Error(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCheckLimitsViolations(t *testing.T) {
	o := operation(t, "createThing")
	long := strings.Repeat("ä", 40)
	for _, tt := range []struct {
		name, body string
		fields     int
		last       string
	}{
		{"16 violations", `{"sizes":[` + strings.Repeat(`{},`, 15) + `{}]}`, 16, "/sizes/15/width"},
		{"17 violations", `{"sizes":[` + strings.Repeat(`{},`, 16) + `{}]}`, 16, "/sizes/15/width"},
		{"17 unknown members", `{` + joinMembers(17, "member%02d") + `}`, 16, "/member15"},
		{"name of 64 bytes", `{"` + long[:64] + `":1}`, 1, "/" + long[:64]},
		{"name of 65 bytes", `{"z` + long[:64] + `":1}`, 1, "/z" + long[:62] + "…"},
		{"name of 60 KiB", `{"` + strings.Repeat("z", 60<<10) + `":1}`, 1, "/" + strings.Repeat("z", 64) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := validationError(t, o.Check(postJSON(t, tt.body), nil))
			if n := len(e.Violations); n != tt.fields || e.Violations[n-1].Field != tt.last {
				t.Errorf("got %d violations, the last at %q, want %d and %q", n, e.Violations[n-1].Field, tt.fields, tt.last)
			}
		})
	}
}

func TestCheckTruncatesDeepPointers(t *testing.T) {
	name := strings.Repeat("z", 60)
	body := `{"bag":` + strings.Repeat(`{"`+name+`":`, 30) + `{"a":1,"a":2}` + strings.Repeat(`}`, 30) + `}`
	e := validationError(t, operation(t, "createThing").Check(postJSON(t, body), nil))
	field := e.Violations[0].Field
	if !strings.HasPrefix(field, "/bag/"+name+"/"+name) || !strings.HasSuffix(field, "/…") || len(field) > 600 {
		t.Errorf("got pointer %q, want a truncated one", field)
	}
}

// These bodies are invalid in as many places as fit into them.
func TestCheckLimitsErrorsOfVeryInvalidBodies(t *testing.T) {
	o := operation(t, "createThing")
	for _, tt := range []struct {
		name, body string
		want       int
	}{
		{"unknown members", `{` + joinMembers(4000, "member%04d") + `}`, 16},
		{"unknown members equal after truncation", `{` + joinMembers(800, strings.Repeat("z", 64)+"%04d") + `}`, 1},
		{"items", `{"list":[` + strings.Repeat("1,", 30000) + `1]}`, 16},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := validationError(t, o.Check(postJSON(t, tt.body), nil))
			if n := len(e.Violations); n != tt.want {
				t.Errorf("got %d violations, want %d", n, tt.want)
			}
			if n := len(e.Error()); n > 4096 {
				t.Errorf("got an error of %d bytes, want at most 4096", n)
			}
		})
	}
}

// joinMembers returns n members of an object, with names in the given format.
func joinMembers(n int, format string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"`+format+`":1`, i)
	}
	return strings.Join(list, ",")
}
