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

var cases = flag.Int("validate.cases", 20_000, "how many requests TestAgreesWithKinOpenAPI compares")

// documents are what requests are made for.
var documents = []string{"../openapi.yaml", "testdata/composed.yaml", "testdata/kubernetes.json", "testdata/asana.json", "testdata/ory.json"}

// seedOf answers the seed of a random test: the one in PEERING_TEST_SEED or a new one, which it prints.
func seedOf(t *testing.T) uint64 {
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

// Every request gets the verdict of encoding/json and kin-openapi.
func TestAgreesWithKinOpenAPI(t *testing.T) {
	seed := seedOf(t)
	for i, file := range documents {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			o := oracleFor(t, file)
			g := generator{Rand: rand.New(rand.NewPCG(seed, uint64(i))), document: o.document}
			accepted, sure := 0, 0
			acceptedOf, sureOf := map[*validate.Operation]int{}, map[*validate.Operation]int{}
			for range *cases / len(documents) {
				c := g.trial(o)
				wanted := o.accepts(c)
				if problem := disagreement(c, wanted); problem != "" {
					t.Fatalf("%s\n%s", problem, c)
				}
				opinion := c.operation.CompiledVerdict(c.request(), c.path)
				if opinion.BodyInvalid && wanted {
					t.Fatalf("certainly invalid, but kin-openapi accepts\n%s", c)
				}
				if problem := differently(c, opinion); problem != "" {
					t.Fatalf("%s\n%s", problem, c)
				}
				if wanted {
					accepted++
					acceptedOf[c.operation]++
					if opinion.Parameters && opinion.Body {
						sure++
						sureOf[c.operation]++
					}
				}
			}
			t.Logf("%d of %d accepted, %d of them without kin-openapi", accepted, *cases/len(documents), sure)
			if accepted == 0 || accepted == *cases/len(documents) {
				t.Error("all requests got the same verdict")
			}
			for _, operation := range o.validator.Operations() {
				if ok, _ := operation.Compiled(); ok && sureOf[operation] == 0 && acceptedOf[operation] > 20 {
					t.Errorf("kin-openapi was needed for every valid request of %s: what is compiled of it was not compared", operation.ID)
				}
			}
		})
	}
}

// Values that look valid at a glance get the verdict of kin-openapi, too.
func TestAgreesOnOddParameters(t *testing.T) {
	o := oracleFor(t, "testdata/composed.yaml")
	values := trial{
		operation: operationOf(t, o, "getValues"), header: http.Header{},
		path: map[string]string{"value": "1", "label": ".1", "matrix": ";matrix=2017-07-21", "sizes": ";a=1"},
	}
	spread := trial{operation: operationOf(t, o, "spread"), header: http.Header{}, path: map[string]string{}}
	scatter := trial{operation: operationOf(t, o, "scatter"), header: http.Header{}, path: map[string]string{}}
	perhaps := trial{operation: operationOf(t, o, "perhaps"), header: http.Header{}, path: map[string]string{}}
	for _, c := range []trial{values, spread, scatter, perhaps} {
		if !o.accepts(c) {
			t.Fatalf("the base is refused: %s", c)
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
			c.query = query
			compare(t, o, c)
		}
		c.query = ""
		for _, header := range []http.Header{
			{"X-Items": {"1"}}, {"X-Items": {"1, 2"}}, {"X-Items": {"1,"}}, {"X-Items": {""}}, {"X-Items": {"1", "2"}}, {"X-Items": {"1", "x"}}, {"X-Items": {}}, {"X-Flat": {"a=1"}},
			{"X-Flat": {"a=1,b=xy"}}, {"X-Flat": {"a=1, b=xy"}}, {"X-Flat": {"a=1,b=x"}}, {"X-Flat": {"a=1=2"}}, {"X-Flat": {"b=xy"}}, {"X-Flat": {"a=1,a=99"}}, {"X-Flat": {"a=99,a=1"}},
			{"X-Plain": {"x"}}, {"X-Plain": {""}}, {"X-Plain": {"2017-07-21T17:32:28Z"}}, {"X-Plain": {"2017-07-21T17:32:28Z", "x"}}, {"Cookie": {""}}, {"Cookie": {}}, {"Cookie": {"x=y"}},
			{"Cookie": {"one=1"}}, {"Cookie": {"one="}}, {"Cookie": {`one="1"`}}, {"Cookie": {"one=1; one=2"}}, {"Cookie": {"one=x"}}, {"Cookie": {"crumbs=a,b"}}, {"Cookie": {"crumbs=a,"}},
			{"Cookie": {"crumbs=c"}}, {"Cookie": {`crumbs="a,b"`}}, {"Cookie": {"jar=a,1"}}, {"Cookie": {"jar=a,1,a,99"}}, {"Cookie": {"jar=a,99,a,1"}}, {"Cookie": {"jar=b,xy"}}, {"Cookie": {"jar=a"}},
			{"Not": {"abc"}}, {"Not": {"abcd"}}, {"Not": {""}},
		} {
			c.header = header
			compare(t, o, c)
		}
	}
	for _, items := range []string{"ab,cd", "ab, cd", " ab ,\tcd", "a", "ab, c", " a", ", ab", "a b"} {
		compare(t, o, trial{operation: operationOf(t, o, "headers"), header: http.Header{"X-Must": {"1"}, "X-Items": {items}}})
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
			compare(t, o, values)
		}
		delete(values.path, name)
		compare(t, o, values)
		values.path[name] = base
	}
}

func operationOf(t testing.TB, o oracle, id string) *validate.Operation {
	t.Helper()
	for _, operation := range o.validator.Operations() {
		if operation.ID == id {
			return operation
		}
	}
	t.Fatalf("no operation %s", id)
	return nil
}

func compare(t testing.TB, o oracle, c trial) {
	t.Helper()
	if problem := disagreement(c, o.accepts(c)); problem != "" {
		t.Errorf("%s\n%s", problem, c)
	}
}

// disagreement says what is wrong with the verdict on a request, or "".
func disagreement(c trial, wanted bool) string {
	err := c.operation.Check(c.request(), c.path)
	refused, ok := errors.AsType[*validate.Error](err)
	switch {
	case err == nil && wanted:
		return ""
	case err == nil:
		return "accepted, but kin-openapi refuses"
	case !ok:
		return fmt.Sprintf("got an error that is no refusal: %v", err)
	case wanted && refused.Violations[0].Keyword != "complexity":
		return fmt.Sprintf("refused, but kin-openapi accepts: %v", err)
	default:
		return ""
	}
}

// differently says how the compiled form explains a refused body in another way than kin-openapi, or "".
func differently(c trial, opinion validate.CompiledVerdict) string {
	refused, ok := errors.AsType[*validate.Error](c.operation.Check(c.request(), c.path))
	const listed = 16
	if !opinion.BodyInvalid || opinion.Violations == nil || !opinion.Parameters || !ok || len(refused.Violations) == listed || len(opinion.Violations) == listed {
		return ""
	}
	if got, want := places(opinion.Violations), places(refused.Violations); !slices.Equal(got, want) {
		return fmt.Sprintf("explained by %q, but kin-openapi says %q", got, want)
	}
	return ""
}

// places answers what is wrong with the body and where, sorted.
func places(violations []validate.Violation) []string {
	var places []string
	for _, v := range violations {
		if v.In == validate.Body {
			places = append(places, v.Field+" "+v.Keyword+" "+v.Reason)
		}
	}
	slices.Sort(places)
	return places
}

func (c trial) String() string {
	return fmt.Sprintf("%s path %q query %q header %q body %q", c.operation.ID, c.path, c.query, c.header, c.body)
}

// trial makes a request of any operation, valid or not.
func (g generator) trial(o oracle) trial {
	operations := o.validator.Operations()
	slices.SortFunc(operations, func(a, b *validate.Operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return g.trialOf(o, pick(g, operations...))
}

func (g generator) trialOf(o oracle, operation *validate.Operation) trial {
	g.tame = g.tame || g.chance(4) // of an operation with many parameters hardly any request would be valid otherwise
	c := trial{operation: operation, path: map[string]string{}, header: http.Header{}}
	item := o.document.Paths.Value(c.operation.Path)
	declared := item.GetOperation(operation.Method)
	g.parameters(&c, item.Parameters)
	g.parameters(&c, declared.Parameters)
	if declared.RequestBody != nil {
		g.body(&c, declared.RequestBody.Value)
	}
	return c
}

func (g generator) body(c *trial, declared *openapi3.RequestBody) {
	names := []string{}
	for name := range declared.Content {
		names = append(names, name)
	}
	slices.Sort(names)
	mediaType := pick(g, names...)
	c.header.Set("Content-Type", strings.ReplaceAll(mediaType, "*", "json"))
	if g.odd(20) {
		return
	}
	var schema *openapi3.Schema
	if ref := declared.Content[mediaType].Schema; ref != nil {
		schema = ref.Value
	}
	value := g.value(schema, 0)
	for g.odd(2) {
		value = g.mutate(value)
	}
	c.body = g.bodyText(mediaType, value)
	if g.odd(15) {
		c.body = g.damage(c.body)
	}
}

// bodyText answers a value in the form of a media type.
func (g generator) bodyText(mediaType string, value any) string {
	members, ok := value.([]member)
	if mediaType != "application/x-www-form-urlencoded" || !ok {
		var b strings.Builder
		g.write(&b, value)
		return b.String()
	}
	form := []string{}
	for _, m := range members {
		items, ok := m.value.([]any)
		if !ok {
			items = []any{m.value}
		}
		for _, item := range items {
			form = append(form, url.QueryEscape(m.name)+"="+url.QueryEscape(g.plain(item)))
		}
	}
	return strings.Join(form, "&")
}
