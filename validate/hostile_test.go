package validate_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/validate"
)

// fillBody repeats part between before and after, up to the maximum size of a
// body.
func fillBody(before, part, after string) string {
	n := (64<<10 - len(before) - len(after)) / len(part)
	return before + strings.TrimSuffix(strings.Repeat(part, n), ",") + after
}

// fillNumbered is fillBody for parts that contain a number.
func fillNumbered(before, format, after string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; b.Len() < 64<<10-len(after)-len(format)-8; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, format, i)
	}
	return b.String() + after
}

// nest wraps a value in depth objects or arrays.
func nest(open, inner, end string, depth int) string {
	return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
}

func hostileBodies() map[string]string {
	nested := nest(`{"op":"not","of":`, `"x"`, `}`, 31)
	return map[string]string{
		"empty arrays": fillBody("[", "[],", "]"), "empty objects": fillBody("[", "{},", "]"), "numbers": fillBody("[", "1,", "]"), "nulls": fillBody("[", "null,", "]"),
		"small objects": fillBody("[", `{"a":1},`, "]"), "small arrays": fillBody("[", `[1],`, "]"), "strings": fillBody("[", `"a",`, "]"), "escapes": fillBody(`["`, `\u00e9`, `"]`),
		"one string": fillBody(`{"name":"`, "a", `"}`), "one name": fillBody(`{"`, "a", `":1}`), "one escaped name": fillBody(`{"`, `\n`, `":1}`), "one number": fillBody("[", "1", "]"),
		"one fraction": fillBody("[0.", "1", "]"), "large numbers": fillBody("[", "1e300,", "]"), "members": fillNumbered("{", `"m%d":1`, "}"), "members with escapes": fillNumbered("{", `"\u006d%d":1`, "}"),
		"duplicate members": fillBody("{", `"a":1,`, "}"), "similar names": fillNumbered("{", `"nam%d":1`, "}"), "invalid items": fillBody(`{"list":[`, "1,", "]}"), "invalid values": fillBody(`{"sizes":[`, "{},", "]}"),
		"unknown members in items": fillBody(`{"sizes":[`, `{"width":1,"x":2},`, "]}"), "set of numbers": fillNumbered(`{"set":[`, "%d", "]}"), "set of objects": fillNumbered(`{"set":[`, `{"a":%d}`, "]}"),
		"duplicates in a set": fillBody(`{"set":[`, `{},`, "]}"), "deep": nest("[", "", "]", 32), "too deep": nest("[", "", "]", 30000), "unclosed": strings.Repeat("[", 60000),
		"many deep": fillBody("[", nest("[", "", "]", 31)+",", "]"), "deep objects": fillBody("[", nest(`{"a":`, "1", "}", 31)+",", "]"), "map": fillNumbered(`{"map":{`, `"m%d":"x"`, "}}"),
		"children": fillBody(`{"name":"a","children":[`, `{"name":"a"},`, `]}`), "twins": nest(`{"next":`, `{"a":1}`, `,"b":1}`, 31), "filters": fillBody(`{"op":"and","of":[`, nested+",", "]}"), "invalid filters": nest(`{"op":"not","of":`, `1`, `}`, 31),
		"nested filters": nested, "filter tree": nest(`{"op":"and","of":[`, `"x","x"`, `]}`, 15), "invalid filter tree": nest(`{"of":[`, `"x",1`, `],"op":"and"}`, 15), "white space": fillBody("[", " ", "]"),
		"truncated": fillBody("[", `{"a":1},`, ""), "pets": nest(`{"kind":"dog","friend":`, `{"kind":"cat"}`, "}", 30), "invalid pets": nest(`{"kind":"dog","friend":`, `{"kind":"x"}`, "}", 30),
		"friends": fillBody(`{"kind":"cat","lives":"`, "x", `"}`), "steps": fillBody(`{"step":`, "1", `}`), "words": fillBody(`{"word":"`, "word ", `x"}`), "typeless": fillBody(`{"typeless":[`, "1,", "]}"),
		"one": fillBody(`{"one":"`, "x", `"}`), "any": fillBody(`{"anyOf":[`, "true,", `1]}`), "open": fillNumbered(`{"open":{`, `"m%d":1`, `}}`), "enum": fillBody(`{"enum":[`, "1,", `1]}`),
		"conditions": fillBody(`{"spec":{"versions":[`, `{"x":1},`, `]}}`), "custom": fillBody(`{"data":{"custom_fields":{`, `"x":{},`, `}}}`),
		"login": fillBody(`{"method":"password","transient_payload":{"a":[`, `{},`, `]}}`), "invalid login": fillBody(`{"method":"x","transient_payload":{"a":[`, `{},`, `]}}`),
		"relations": fillBody("[", `{"action":"insert"},`, "]"), "invalid relations": fillBody("[", `{"action":"x"},`, "]"), "client": fillBody(`{"redirect_uris":[`, `"a",`, `]}`),
	}
}

// No body may take more than a megabyte of memory. The time of the slowest is
// logged only. The race detector itself allocates, so memory is not checked
// under it.
func TestHostileBodiesStayCheap(t *testing.T) {
	const limit = 1 << 20
	bodies := hostileBodies()
	slowest, largest := time.Duration(0), uint64(0)
	var slow, large string
	check := func(operation *validate.Operation, name string) {
		hostile := testRequest{operation: operation, header: http.Header{"Content-Type": {"application/json"}}, path: map[string]string{"kind": "a", "name": "a"}, body: bodies[name]}
		var before, after runtime.MemStats
		r := hostile.request()
		runtime.GC() // twice, to drop pooled evaluators, whose memory would not count
		runtime.GC()
		runtime.ReadMemStats(&before)
		_ = operation.Check(r, hostile.path)
		runtime.ReadMemStats(&after)
		took := time.Hour
		for range 3 {
			again := hostile.request()
			start := time.Now()
			_ = operation.Check(again, hostile.path)
			took = min(took, time.Since(start))
		}
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > limit && !raceEnabled {
			t.Errorf("%s with %s: allocated %d bytes, want at most %d", operation.ID, name, allocated, limit)
		}
		if took > slowest {
			slowest, slow = took, operation.ID+" with "+name
		}
		if allocated > largest {
			largest, large = allocated, operation.ID+" with "+name
		}
	}
	byID := operations(t, validate.Options{})
	for _, file := range documents {
		for _, operation := range newOracle(t, file).validator.Operations() {
			byID[operation.ID] = operation
		}
	}
	for _, id := range []string{
		"createThing", "createCluster", "createPeering", "post", "pet", "filter", "twin", "account", "createApiextensionsV1CustomResourceDefinition", "createTask", "createOAuth2Client", "updateLoginFlow", "patchRelationships",
	} {
		for name := range bodies {
			check(byID[id], name)
		}
	}
	t.Logf("slowest: %v, %s; most memory: %d bytes, %s", slowest, slow, largest, large)
}

// kin-openapi applies the matching alternative again on every level, so 31
// levels of alternatives would take it hours.
func TestCheckDecidesDeepAlternatives(t *testing.T) {
	o := newOracle(t, "testdata/composed.yaml")
	for _, tt := range []struct {
		name, operation, body string
		want                  []validate.Violation
	}{
		{"twins", "twin", nest(`{"next":`, `{"a":1}`, `,"b":1}`, 31), nil},
		{"invalid twins", "twin", nest(`{"next":`, `{"a":"x"}`, `,"b":1}`, 31), []validate.Violation{{In: validate.Body, Keyword: "oneOf"}}},
		{"valid", "filter", nest(`{"of":`, `"x"`, `,"op":"not"}`, 31), nil},
		{"valid, last alternative matches", "filter", nest(`{"of":[`, `"x","x"`, `],"op":"or"}`, 15), nil},
		{"invalid at the innermost level", "filter", nest(`{"of":`, `1`, `,"op":"not"}`, 31), []validate.Violation{{In: validate.Body, Keyword: "oneOf"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testRequest{operation: operationByID(t, o, tt.operation), header: http.Header{"Content-Type": {"application/json"}}, body: tt.body}
			err := r.operation.Check(r.request(), nil)
			if tt.want != nil {
				wantViolations(t, err, validate.Invalid, tt.want...)
			} else if err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}
