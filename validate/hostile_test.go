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

// fill repeats a text between two others up to the size of the largest body.
func fill(before, part, after string) string {
	n := (64<<10 - len(before) - len(after)) / len(part)
	return before + strings.TrimSuffix(strings.Repeat(part, n), ",") + after
}

// numbered is fill for parts with a number.
func numbered(before, format, after string) string {
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

// nest wraps a value into an object or array that is opened so many times.
func nest(open, inner, end string, depth int) string {
	return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
}

func hostileBodies() map[string]string {
	nested := nest(`{"op":"not","of":`, `"x"`, `}`, 31)
	return map[string]string{
		"empty arrays": fill("[", "[],", "]"), "empty objects": fill("[", "{},", "]"), "numbers": fill("[", "1,", "]"), "nulls": fill("[", "null,", "]"),
		"small objects": fill("[", `{"a":1},`, "]"), "small arrays": fill("[", `[1],`, "]"), "strings": fill("[", `"a",`, "]"), "escapes": fill(`["`, `\u00e9`, `"]`),
		"one string": fill(`{"name":"`, "a", `"}`), "one name": fill(`{"`, "a", `":1}`), "one escaped name": fill(`{"`, `\n`, `":1}`), "one number": fill("[", "1", "]"),
		"one fraction": fill("[0.", "1", "]"), "large numbers": fill("[", "1e300,", "]"), "members": numbered("{", `"m%d":1`, "}"), "members with escapes": numbered("{", `"\u006d%d":1`, "}"),
		"same members": fill("{", `"a":1,`, "}"), "near names": numbered("{", `"nam%d":1`, "}"), "wrong items": fill(`{"list":[`, "1,", "]}"), "wrong values": fill(`{"sizes":[`, "{},", "]}"),
		"unknown in items": fill(`{"sizes":[`, `{"width":1,"x":2},`, "]}"), "set of numbers": numbered(`{"set":[`, "%d", "]}"), "set of objects": numbered(`{"set":[`, `{"a":%d}`, "]}"),
		"same in a set": fill(`{"set":[`, `{},`, "]}"), "deep": nest("[", "", "]", 32), "too deep": nest("[", "", "]", 30000), "opened": strings.Repeat("[", 60000),
		"many deep": fill("[", nest("[", "", "]", 31)+",", "]"), "deep objects": fill("[", nest(`{"a":`, "1", "}", 31)+",", "]"), "map": numbered(`{"map":{`, `"m%d":"x"`, "}}"),
		"children": fill(`{"name":"a","children":[`, `{"name":"a"},`, `]}`), "twins": nest(`{"next":`, `{"a":1}`, `,"b":1}`, 31), "filters": fill(`{"op":"and","of":[`, nested+",", "]}"), "wrong filters": nest(`{"op":"not","of":`, `1`, `}`, 31),
		"nested filters": nested, "filter tree": nest(`{"op":"and","of":[`, `"x","x"`, `]}`, 15), "wrong filter tree": nest(`{"of":[`, `"x",1`, `],"op":"and"}`, 15), "white space": fill("[", " ", "]"),
		"cut off": fill("[", `{"a":1},`, ""), "pets": nest(`{"kind":"dog","friend":`, `{"kind":"cat"}`, "}", 30), "wrong pets": nest(`{"kind":"dog","friend":`, `{"kind":"x"}`, "}", 30),
		"friends": fill(`{"kind":"cat","lives":"`, "x", `"}`), "steps": fill(`{"step":`, "1", `}`), "words": fill(`{"word":"`, "word ", `x"}`), "typeless": fill(`{"typeless":[`, "1,", "]}"),
		"one": fill(`{"one":"`, "x", `"}`), "any": fill(`{"anyOf":[`, "true,", `1]}`), "open": numbered(`{"open":{`, `"m%d":1`, `}}`), "enum": fill(`{"enum":[`, "1,", `1]}`),
		"conditions": fill(`{"spec":{"versions":[`, `{"x":1},`, `]}}`), "custom": fill(`{"data":{"custom_fields":{`, `"x":{},`, `}}}`),
		"login": fill(`{"method":"password","transient_payload":{"a":[`, `{},`, `]}}`), "wrong login": fill(`{"method":"x","transient_payload":{"a":[`, `{},`, `]}}`),
		"relations": fill("[", `{"action":"insert"},`, "]"), "wrong relations": fill("[", `{"action":"x"},`, "]"), "client": fill(`{"redirect_uris":[`, `"a",`, `]}`),
	}
}

// No body, however made, costs more than a megabyte of memory. How much time the worst ones take is printed only. The race detector needs memory of its own.
func TestHostileBodiesStayCheap(t *testing.T) {
	const limit = 1 << 20
	bodies := hostileBodies()
	slowest, largest := time.Duration(0), uint64(0)
	var slow, large string
	check := func(operation *validate.Operation, name string) {
		c := trial{operation: operation, header: http.Header{"Content-Type": {"application/json"}}, path: map[string]string{"kind": "a", "name": "a"}, body: bodies[name]}
		var before, after runtime.MemStats
		r := c.request()
		runtime.GC() // twice: then no run that was used before is left, whose memory would not count
		runtime.GC()
		runtime.ReadMemStats(&before)
		_ = operation.Check(r, c.path)
		runtime.ReadMemStats(&after)
		took := time.Hour
		for range 3 {
			again := c.request()
			start := time.Now()
			_ = operation.Check(again, c.path)
			took = min(took, time.Since(start))
		}
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > limit && !raceEnabled {
			t.Errorf("%s of %s: %d bytes of memory", operation.ID, name, allocated)
		}
		if took > slowest {
			slowest, slow = took, operation.ID+" of "+name
		}
		if allocated > largest {
			largest, large = allocated, operation.ID+" of "+name
		}
	}
	chosen := operations(t, validate.Options{})
	for _, file := range documents {
		for _, operation := range oracleFor(t, file).validator.Operations() {
			chosen[operation.ID] = operation
		}
	}
	for _, id := range []string{
		"createThing", "createCluster", "createPeering", "post", "pet", "filter", "twin", "account", "createApiextensionsV1CustomResourceDefinition", "createTask", "createOAuth2Client", "updateLoginFlow", "patchRelationships",
	} {
		for name := range bodies {
			check(chosen[id], name)
		}
	}
	t.Logf("slowest: %v, %s; most memory: %d bytes, %s", slowest, slow, largest, large)
}

// kin-openapi applies what matched once more on every level: 31 levels of alternatives take it hours.
func TestDeepAlternativesAreDecided(t *testing.T) {
	o := oracleFor(t, "testdata/composed.yaml")
	for _, tt := range []struct {
		name, operation, body string
		want                  []validate.Violation
	}{
		{"twins", "twin", nest(`{"next":`, `{"a":1}`, `,"b":1}`, 31), nil},
		{"wrong twins", "twin", nest(`{"next":`, `{"a":"x"}`, `,"b":1}`, 31), []validate.Violation{{In: validate.Body, Keyword: "oneOf"}}},
		{"valid", "filter", nest(`{"of":`, `"x"`, `,"op":"not"}`, 31), nil},
		{"valid, alternative that is found late", "filter", nest(`{"of":[`, `"x","x"`, `],"op":"or"}`, 15), nil},
		{"wrong at the bottom", "filter", nest(`{"of":`, `1`, `,"op":"not"}`, 31), []validate.Violation{{In: validate.Body, Keyword: "oneOf"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := trial{operation: operationOf(t, o, tt.operation), header: http.Header{"Content-Type": {"application/json"}}, body: tt.body}
			err := c.operation.Check(c.request(), nil)
			if tt.want != nil {
				refuses(t, err, validate.Invalid, tt.want...)
			} else if err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}
