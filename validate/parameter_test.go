package validate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/peering/peering/validate"
)

// showRequest is a request of showThing. Tests change one part of a valid one.
type showRequest struct {
	path    map[string]string
	query   string
	headers [][2]string
	cookies []string
}

func validShowRequest() showRequest {
	return showRequest{
		path:    map[string]string{"thing_id": "abc", "index": "7"},
		query:   "token=x",
		headers: [][2]string{{"X-Trace", "t"}},
		cookies: []string{"session=s"},
	}
}

func (s showRequest) check(t *testing.T, o *validate.Operation) error {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/things/abc/7", http.NoBody)
	r.URL.RawQuery = s.query
	for _, h := range s.headers {
		r.Header.Add(h[0], h[1])
	}
	for _, c := range s.cookies {
		r.Header.Add("Cookie", c)
	}
	return o.Check(r, s.path)
}

func TestCheckAcceptsValidParameters(t *testing.T) {
	o := operation(t, "showThing")
	for _, tt := range []struct {
		name   string
		change func(*showRequest)
	}{
		{"required parameters", func(*showRequest) {}},
		{"unescaped path", func(s *showRequest) { s.path["thing_id"] = "a/b" }},
		{"optional parameters", func(s *showRequest) { s.query += "&limit=9&ratio=.5&ids=1,2&either=true&size[width]=1" }},
		{"escapes in the query", func(s *showRequest) { s.query = "to%6ben=%C3%A9+" }},
		{"unknown query parameters", func(s *showRequest) { s.query += "&debug=" + canary + "&debug=2&x" }},
		{"unknown header twice", func(s *showRequest) { s.headers = append(s.headers, [2]string{"X-A", "1"}, [2]string{"X-A", "2"}) }},
		{"empty parameter with allowEmptyValue", func(s *showRequest) { s.query += "&filter=" }},
		{"exploded array", func(s *showRequest) { s.query += "&sort=id&sort=name" }},
		{"content as JSON", func(s *showRequest) { s.query += "&room=%7B%22width%22:1%7D" }},
		{"header in another case", func(s *showRequest) { s.headers = append(s.headers, [2]string{"x-count", "3"}) }},
		{"cookies", func(s *showRequest) { s.cookies = []string{"a=b; session=s; visits=3"} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := validShowRequest()
			tt.change(&s)
			if err := s.check(t, o); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestCheckRejectsInvalidParameters(t *testing.T) {
	o := operation(t, "showThing")
	for _, tt := range []struct {
		name   string
		change func(*showRequest)
		want   validate.Violation
	}{
		{"path missing", func(s *showRequest) { delete(s.path, "thing_id") }, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "required"}},
		{"path empty", func(s *showRequest) { s.path["thing_id"] = "" }, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "required"}},
		{"path mismatches the pattern", func(s *showRequest) { s.path["thing_id"] = canary }, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"}},
		{"path of another type", func(s *showRequest) { s.path["index"] = canary }, validate.Violation{In: validate.Path, Field: "index", Keyword: "type"}},
		{"query missing", func(s *showRequest) { s.query = "" }, validate.Violation{In: validate.Query, Field: "token", Keyword: "required"}},
		{"query empty", func(s *showRequest) { s.query = "token=" }, validate.Violation{In: validate.Query, Field: "token", Keyword: "minLength"}},
		{"query without an equals sign", func(s *showRequest) { s.query = "token" }, validate.Violation{In: validate.Query, Field: "token", Keyword: "minLength"}},
		{"query too long", func(s *showRequest) { s.query = "token=" + canary }, validate.Violation{In: validate.Query, Field: "token", Keyword: "maxLength"}},
		{"query of another type", func(s *showRequest) { s.query += "&limit=" + canary }, validate.Violation{In: validate.Query, Field: "limit", Keyword: "type"}},
		{"query out of range for int32", func(s *showRequest) { s.query += "&limit=2147483648" }, validate.Violation{In: validate.Query, Field: "limit", Keyword: "type"}},
		{"query over the maximum", func(s *showRequest) { s.query += "&limit=10" }, validate.Violation{In: validate.Query, Field: "limit", Keyword: "maximum"}},
		{"query empty, integer", func(s *showRequest) { s.query += "&limit=" }, validate.Violation{In: validate.Query, Field: "limit", Keyword: "allowEmptyValue"}},
		{"query NaN", func(s *showRequest) { s.query += "&ratio=NaN" }, validate.Violation{In: validate.Query, Field: "ratio", Keyword: "type"}},
		{"query infinite", func(s *showRequest) { s.query += "&ratio=-Inf" }, validate.Violation{In: validate.Query, Field: "ratio", Keyword: "type"}},
		{"NaN in an array", func(s *showRequest) { s.query += "&ratios=1,NaN" }, validate.Violation{In: validate.Query, Field: "ratios", Keyword: "type"}},
		{"query given twice", func(s *showRequest) { s.query = "token=a&token=" + canary }, validate.Violation{In: validate.Query, Field: "token", Keyword: "duplicate"}},
		{"query given twice, escaped", func(s *showRequest) { s.query = "token=a&%74oken=b" }, validate.Violation{In: validate.Query, Field: "token", Keyword: "duplicate"}},
		{"array with an invalid item", func(s *showRequest) { s.query += "&sort=id&sort=" + canary }, validate.Violation{In: validate.Query, Field: "sort", Keyword: "enum"}},
		{"array with an item of another type", func(s *showRequest) { s.query += "&ids=1," + canary }, validate.Violation{In: validate.Query, Field: "ids", Keyword: "type"}},
		{"array with an empty item", func(s *showRequest) { s.query += "&ids=1,,2" }, validate.Violation{In: validate.Query, Field: "ids", Keyword: "type"}},
		{"array empty", func(s *showRequest) { s.query += "&ids=" }, validate.Violation{In: validate.Query, Field: "ids", Keyword: "allowEmptyValue"}},
		{"no alternative matches", func(s *showRequest) { s.query += "&either=" + canary }, validate.Violation{In: validate.Query, Field: "either", Keyword: "type"}},
		{"object with a member of another type", func(s *showRequest) { s.query += "&size[width]=" + canary }, validate.Violation{In: validate.Query, Field: "size", Keyword: "type"}},
		{"content not JSON", func(s *showRequest) { s.query += "&room=" + canary }, validate.Violation{In: validate.Query, Field: "room", Keyword: "type"}},
		{"query with an invalid escape", func(s *showRequest) { s.query += "&x=%zz" }, validate.Violation{In: validate.Query, Keyword: "query"}},
		{"query with a semicolon", func(s *showRequest) { s.query += ";limit=10" }, validate.Violation{In: validate.Query, Keyword: "query"}},
		{"header missing", func(s *showRequest) { s.headers = nil }, validate.Violation{In: validate.Header, Field: "X-Trace", Keyword: "required"}},
		{"header empty", func(s *showRequest) { s.headers[0][1] = "" }, validate.Violation{In: validate.Header, Field: "X-Trace", Keyword: "minLength"}},
		{"header of another type", func(s *showRequest) { s.headers = append(s.headers, [2]string{"X-Count", canary}) }, validate.Violation{In: validate.Header, Field: "X-Count", Keyword: "type"}},
		{"header given twice", func(s *showRequest) { s.headers = append(s.headers, [2]string{"x-trace", canary}) }, validate.Violation{In: validate.Header, Field: "X-Trace", Keyword: "duplicate"}},
		{"cookie missing", func(s *showRequest) { s.cookies = nil }, validate.Violation{In: validate.Cookie, Field: "session", Keyword: "required"}},
		{"cookie empty", func(s *showRequest) { s.cookies = []string{"session="} }, validate.Violation{In: validate.Cookie, Field: "session", Keyword: "minLength"}},
		{"cookie of another type", func(s *showRequest) { s.cookies = []string{"session=s; visits=" + canary} }, validate.Violation{In: validate.Cookie, Field: "visits", Keyword: "type"}},
		{"cookie empty, integer", func(s *showRequest) { s.cookies = []string{"session=s; visits="} }, validate.Violation{In: validate.Cookie, Field: "visits", Keyword: "allowEmptyValue"}},
		{"cookie given twice", func(s *showRequest) { s.cookies = []string{"session=s; session=" + canary} }, validate.Violation{In: validate.Cookie, Field: "session", Keyword: "duplicate"}},
		{"cookie given twice, in two headers", func(s *showRequest) { s.cookies = append(s.cookies, "session="+canary) }, validate.Violation{In: validate.Cookie, Field: "session", Keyword: "duplicate"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := validShowRequest()
			tt.change(&s)
			wantViolations(t, s.check(t, o), validate.Invalid, tt.want)
		})
	}
}

func TestCheckListsEveryInvalidParameter(t *testing.T) {
	o := operation(t, "showThing")
	s := showRequest{
		path:  map[string]string{"thing_id": "A", "index": "x"},
		query: `limit=0&room={"width":1,"x":2}&hall={"width":1,"x":2}`,
	}
	wantViolations(t, s.check(t, o), validate.Invalid,
		validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"},
		validate.Violation{In: validate.Path, Field: "index", Keyword: "type"},
		validate.Violation{In: validate.Query, Field: "token", Keyword: "required"},
		validate.Violation{In: validate.Query, Field: "limit", Keyword: "minimum"},
		validate.Violation{In: validate.Query, Field: "room", Keyword: "additionalProperties"},
		validate.Violation{In: validate.Query, Field: "hall", Keyword: "additionalProperties"},
		validate.Violation{In: validate.Header, Field: "X-Trace", Keyword: "required"},
		validate.Violation{In: validate.Cookie, Field: "session", Keyword: "required"},
	)
}

func TestCheckRejectsMissingComposedParameters(t *testing.T) {
	o := operation(t, "deleteThing")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/things/abc/7?x=y", http.NoBody)
	wantViolations(t, o.Check(r, validShowRequest().path), validate.Invalid,
		validate.Violation{In: validate.Query, Field: "either", Keyword: "required"},
		validate.Violation{In: validate.Query, Field: "room", Keyword: "required"},
	)
}

func TestCheckNamesTheExpectedParameterType(t *testing.T) {
	o := operation(t, "showThing")
	for _, tt := range []struct{ name, query, want string }{
		{"scalar", "token=x&limit=x", "must be an integer"},
		{"array", "token=x&ids=x", "must be a list, each item an integer"},
		{"object", "token=x&size[width]=x", "must be an object"},
		{"alternatives", "token=x&either=x", "can't be parsed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := validShowRequest()
			s.query = tt.query
			if got := validationError(t, s.check(t, o)).Violations[0].Reason; got != tt.want {
				t.Errorf("got reason %q, want %q", got, tt.want)
			}
		})
	}
}
