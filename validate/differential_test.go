package validate_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate"
)

var cases = flag.Int("validate.cases", 20_000, "number of requests that TestAgreesWithKinOpenAPI compares")

// documents are the OpenAPI documents for which requests are generated.
var documents = []string{"../openapi.yaml", "testdata/composed.yaml", "testdata/kubernetes.json", "testdata/asana.json", "testdata/ory.json"}

// randomSeed returns the seed of a random test, which it logs:
// PEERING_TEST_SEED, or a new one.
func randomSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("PEERING_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PEERING_TEST_SEED=%d", seed)
	return seed
}

// Check must accept exactly the requests that encoding/json and kin-openapi
// accept.
func TestAgreesWithKinOpenAPI(t *testing.T) {
	seed := randomSeed(t)
	for i, file := range documents {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			o := newOracle(t, file)
			g := generator{Rand: rand.New(rand.NewPCG(seed, uint64(i))), document: o.document}
			accepted, compiledOnly := 0, 0
			acceptedBy, compiledBy := map[*validate.Operation]int{}, map[*validate.Operation]int{}
			for range *cases / len(documents) {
				r := g.randomRequest(o)
				want := o.accepts(r)
				if problem := disagreement(r, want); problem != "" {
					t.Fatalf("%s\n%s", problem, r)
				}
				verdict := r.operation.CompiledVerdict(r.request(), r.path)
				if verdict.BodyInvalid && want {
					t.Fatalf("the compiled schema rejects the body, but kin-openapi accepts it\n%s", r)
				}
				if problem := explanationDiff(r, verdict); problem != "" {
					t.Fatalf("%s\n%s", problem, r)
				}
				if want {
					accepted++
					acceptedBy[r.operation]++
					if verdict.Parameters && verdict.Body {
						compiledOnly++
						compiledBy[r.operation]++
					}
				}
			}
			t.Logf("%d of %d accepted, %d of these without kin-openapi", accepted, *cases/len(documents), compiledOnly)
			if accepted == 0 || accepted == *cases/len(documents) {
				t.Error("all requests got the same verdict")
			}
			for _, operation := range o.validator.Operations() {
				if ok, _ := operation.Compiled(); ok && compiledBy[operation] == 0 && acceptedBy[operation] > 20 {
					t.Errorf("every valid request of %s needed kin-openapi, so its compiled schemas were not compared", operation.ID)
				}
			}
		})
	}
}

// Check must also agree on values that look valid at first glance.
func TestAgreesOnUnusualParameters(t *testing.T) {
	o := newOracle(t, "testdata/composed.yaml")
	values := testRequest{
		operation: operationByID(t, o, "getValues"), header: http.Header{},
		path: map[string]string{"value": "1", "label": ".1", "matrix": ";matrix=2017-07-21", "sizes": ";a=1"},
	}
	spread := testRequest{operation: operationByID(t, o, "spread"), header: http.Header{}, path: map[string]string{}}
	scatter := testRequest{operation: operationByID(t, o, "scatter"), header: http.Header{}, path: map[string]string{}}
	perhaps := testRequest{operation: operationByID(t, o, "perhaps"), header: http.Header{}, path: map[string]string{}}
	for _, r := range []testRequest{values, spread, scatter, perhaps} {
		if !o.accepts(r) {
			t.Fatalf("the unchanged request is rejected: %s", r)
		}
		for _, query := range []string{
			"x=1", "a=1", "a=1&b=x", "b=x", "b=xy", "flat=a,1", "flat=a,1,b", "flat=a,1,b,", "flat=a,,b,xy", "flat=x,1", "flat", "flat=", "flat=a,1&flat=x",
			"deep[a]=1", "deep[a]=", "deep[b]=xy", "deep[b]=xy&deep[a]=1", "deep[x]=1", "deep[a][b]=1", "deep[a]=1&deep[a]=2", "deep[a]x=1", "deep", "deep[", "deep[]=1",
			"deep[a]=1%1F2", "deep[b]=x%1Fy&deep[a]=1", "json=null", "json={\"name\":\"a\"}", "json=1e999", "json={\"name\":\"a\",\"weight\":1e999}", "json=", "json=[",
			"json={\"name\":\"a\",\"children\":[{\"name\":\"a\",\"weight\":1},{\"name\":\"a\",\"weight\":1.0}]}", "json={\"name\":\"a\"}&json={\"name\":\"a\"}",
			"small=007", "small=-0", "small=+1", "small=-5", "small=2147483647", "small=2147483648", "small=9999999999", "small=1.0", "small= 1", "small=1&small=1", "small=",
			"empty=", "empty=1", "empty=01", "empty=4", "empty", "tags=", "tags=a", "tags=a&tags=a", "tags=a&tags=b", "tags=&tags=b", "tags=a&tags=", "tags=a,b", "tags=a&tags=b&tags=c&tags=d",
			"csv=1,2", "csv=1,", "csv=,", "csv=1&csv=x", "csv=0x10", "csv=1_0", "csv=.5", "csv=5.", "csv=1e5", "csv=Inf", "csv=-1.5", "spaced=true+false", "spaced=true%20x", "spaced=1+0",
			"piped=1|2", "piped=1|1", "piped=1|01", "piped=0|-0", "flag=true", "flag=1", "flag=TRUE", "flag=yes", "plain=a&plain=", "plain=%C3%A9", "plain=%FF", "plain=ABC", "plain=%zz",
			"plain=a;b", "%70lain=ABC", "pl+ain=ABC", "either=1", "either=true", "either=x", "all=3", "all=2", "all=", "&&=&x",
			"maybe=null", "maybe={}", "maybe={\"free\":1e999}", "maybe={\"free\":null}", "maybe={\"free\":1}", "maybe=1e999", "b=xy&maybe={}", "a=%31&b=%78%79",
		} {
			r.query = query
			compareVerdicts(t, o, r)
		}
		r.query = ""
		for _, header := range []http.Header{
			{"X-Items": {"1"}}, {"X-Items": {"1, 2"}}, {"X-Items": {"1,"}}, {"X-Items": {""}}, {"X-Items": {"1", "2"}}, {"X-Items": {"1", "x"}}, {"X-Items": {}}, {"X-Flat": {"a=1"}},
			{"X-Flat": {"a=1,b=xy"}}, {"X-Flat": {"a=1, b=xy"}}, {"X-Flat": {"a=1,b=x"}}, {"X-Flat": {"a=1=2"}}, {"X-Flat": {"b=xy"}}, {"X-Flat": {"a=1,a=99"}}, {"X-Flat": {"a=99,a=1"}},
			{"X-Plain": {"x"}}, {"X-Plain": {""}}, {"X-Plain": {"2017-07-21T17:32:28Z"}}, {"X-Plain": {"2017-07-21T17:32:28Z", "x"}}, {"Cookie": {""}}, {"Cookie": {}}, {"Cookie": {"x=y"}},
			{"Cookie": {"one=1"}}, {"Cookie": {"one="}}, {"Cookie": {`one="1"`}}, {"Cookie": {"one=1; one=2"}}, {"Cookie": {"one=x"}}, {"Cookie": {"crumbs=a,b"}}, {"Cookie": {"crumbs=a,"}},
			{"Cookie": {"crumbs=c"}}, {"Cookie": {`crumbs="a,b"`}}, {"Cookie": {"jar=a,1"}}, {"Cookie": {"jar=a,1,a,99"}}, {"Cookie": {"jar=a,99,a,1"}}, {"Cookie": {"jar=b,xy"}}, {"Cookie": {"jar=a"}},
			{"Not": {"abc"}}, {"Not": {"abcd"}}, {"Not": {""}},
		} {
			r.header = header
			compareVerdicts(t, o, r)
		}
	}
	for _, items := range []string{"ab,cd", "ab, cd", " ab ,\tcd", "a", "ab, c", " a", ", ab", "a b"} {
		compareVerdicts(t, o, testRequest{operation: operationByID(t, o, "headers"), header: http.Header{"X-Must": {"1"}, "X-Items": {items}}})
	}
	values.header = http.Header{}
	for name, texts := range map[string][]string{
		"value":  {"", "0.5", "0.3", "1e1", "+1", "-0", "NaN", "0.50000000000000001", " 1", "1.", "9007199254740993"},
		"label":  {"", ".", "1", ".1.2", ".1.2.3.4", ".1.1", ".1.", ".1,2", "..1", ".01"},
		"matrix": {"", ";matrix=", ";matrix=2017-13-01", "2017-07-21", ";matrix=2017-07-21;matrix=x", ";Matrix=2017-07-21"},
		"sizes":  {"", ";a=1;b=xy", ";a=1;b=", ";b=xy", ";a=1;", "a=1", ";a=1,b=xy", ";a=10", ";a=1;a=10", ";a=10;a=1"},
	} {
		base := values.path[name]
		for _, text := range texts {
			values.path[name] = text
			compareVerdicts(t, o, values)
		}
		delete(values.path, name)
		compareVerdicts(t, o, values)
		values.path[name] = base
	}
}

func operationByID(t testing.TB, o oracle, id string) *validate.Operation {
	t.Helper()
	for _, operation := range o.validator.Operations() {
		if operation.ID == id {
			return operation
		}
	}
	t.Fatalf("the document has no operation %s", id)
	return nil
}

func compareVerdicts(t testing.TB, o oracle, r testRequest) {
	t.Helper()
	if problem := disagreement(r, o.accepts(r)); problem != "" {
		t.Errorf("%s\n%s", problem, r)
	}
}

// disagreement describes how Check differs from the wanted verdict, or returns
// "".
func disagreement(r testRequest, want bool) string {
	err := r.operation.Check(r.request(), r.path)
	rejected, ok := errors.AsType[*validate.Error](err)
	switch {
	case err == nil && want:
		return ""
	case err == nil:
		return "accepted, but kin-openapi rejects"
	case !ok:
		return fmt.Sprintf("got error %v, want a *validate.Error", err)
	case want && rejected.Violations[0].Keyword != "complexity":
		return fmt.Sprintf("rejected, but kin-openapi accepts: %v", err)
	default:
		return ""
	}
}

// explanationDiff describes how the compiled schema's violations of a rejected
// body differ from kin-openapi's, or returns "".
func explanationDiff(r testRequest, verdict validate.CompiledVerdict) string {
	rejected, ok := errors.AsType[*validate.Error](r.operation.Check(r.request(), r.path))
	const maxViolations = 16
	if !verdict.BodyInvalid || verdict.Violations == nil || !verdict.Parameters || !ok || len(rejected.Violations) == maxViolations || len(verdict.Violations) == maxViolations {
		return ""
	}
	if got, want := bodyViolations(verdict.Violations), bodyViolations(rejected.Violations); !slices.Equal(got, want) {
		return fmt.Sprintf("got violations %q, want kin-openapi's %q", got, want)
	}
	return ""
}

// bodyViolations returns the violations in the body, sorted.
func bodyViolations(violations []validate.Violation) []string {
	var places []string
	for _, v := range violations {
		if v.In == validate.Body {
			places = append(places, v.Field+" "+v.Keyword+" "+v.Reason)
		}
	}
	slices.Sort(places)
	return places
}

func (r testRequest) String() string {
	return fmt.Sprintf("%s path %q query %q header %q body %q", r.operation.ID, r.path, r.query, r.header, r.body)
}

// randomRequest returns a random request for any operation, valid or not.
func (g generator) randomRequest(o oracle) testRequest {
	operations := o.validator.Operations()
	slices.SortFunc(operations, func(a, b *validate.Operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return g.randomRequestFor(o, pick(g, operations...))
}

func (g generator) randomRequestFor(o oracle, operation *validate.Operation) testRequest {
	g.faultless = g.faultless || g.chance(4) // requests with many parameters would hardly ever be valid otherwise
	r := testRequest{operation: operation, path: map[string]string{}, header: http.Header{}}
	item := o.document.Paths.Value(r.operation.Path)
	declared := item.GetOperation(operation.Method)
	g.addParameters(&r, item.Parameters)
	g.addParameters(&r, declared.Parameters)
	if declared.RequestBody != nil {
		g.randomBody(&r, declared.RequestBody.Value)
	}
	return r
}

func (g generator) randomBody(c *testRequest, declared *openapi3.RequestBody) {
	names := []string{}
	for name := range declared.Content {
		names = append(names, name)
	}
	slices.Sort(names)
	mediaType := pick(g, names...)
	c.header.Set("Content-Type", strings.ReplaceAll(mediaType, "*", "json"))
	if g.fault(20) {
		return
	}
	var schema *openapi3.Schema
	if ref := declared.Content[mediaType].Schema; ref != nil {
		schema = ref.Value
	}
	value := g.value(schema, 0)
	for g.fault(2) {
		value = g.mutate(value)
	}
	c.body = g.bodyText(mediaType, value)
	if g.fault(15) {
		c.body = g.corrupt(c.body)
	}
}

// bodyText encodes a value in a media type.
func (g generator) bodyText(mediaType string, value any) string {
	members, ok := value.([]member)
	if mediaType != "application/x-www-form-urlencoded" || !ok {
		var b strings.Builder
		g.writeJSON(&b, value)
		return b.String()
	}
	form := []string{}
	for _, m := range members {
		items, ok := m.value.([]any)
		if !ok {
			items = []any{m.value}
		}
		for _, item := range items {
			form = append(form, url.QueryEscape(m.name)+"="+url.QueryEscape(g.scalarText(item)))
		}
	}
	return strings.Join(form, "&")
}
