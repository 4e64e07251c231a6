package validate_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/peering/peering/validate"
)

// The table has values on both sides of every keyword of OpenAPI 3.0, taken
// from the JSON Schema test suite for the keywords that both define. Comments
// note where kin-openapi differs from JSON Schema.
func TestKeywordsNeedNoFallback(t *testing.T) {
	for _, tt := range []struct {
		name, schema       string
		accepted, rejected []string
	}{
		{"no keyword", `{}`, []string{`1`, `"a"`, `[]`, `{}`, `false`}, []string{`null`}}, // null needs nullable in 3.0
		{"nullable", `{"nullable":true}`, []string{`null`, `1`}, nil},
		{"type integer", `{"type":"integer"}`, []string{`1`, `1.0`, `-0`, `1e2`, `9007199254740993`}, []string{`1.1`, `"1"`, `{}`, `[]`, `true`, `null`, `1e999`}},
		{"type number", `{"type":"number"}`, []string{`1`, `1.1`, `1e-400`}, []string{`"1"`, `{}`, `[]`, `true`, `null`, `-1e999`}},
		{"type string", `{"type":"string"}`, []string{`"1"`, `""`}, []string{`1`, `1.1`, `{}`, `[]`, `true`, `null`}},
		{"type object", `{"type":"object"}`, []string{`{}`}, []string{`1`, `"a"`, `[]`, `true`, `null`}},
		{"type array", `{"type":"array","items":{}}`, []string{`[]`, `[1]`}, []string{`1`, `"a"`, `{}`, `true`, `null`, `[null]`}},
		{"type boolean", `{"type":"boolean"}`, []string{`true`, `false`}, []string{`1`, `0`, `"a"`, `""`, `{}`, `[]`, `null`}},
		{"enum", `{"enum":[1,2,3]}`, []string{`1`, `2.0`, `3e0`}, []string{`4`, `"1"`, `null`}},
		{"enum of several types", `{"enum":[6,"foo",[],true,{"foo":12}]}`, []string{`[]`, `{"foo":12.0}`, `true`, `"foo"`}, []string{`null`, `{"foo":false}`, `{"foo":12,"boo":42}`, `false`, `[1]`, `[[]]`}},
		{"enum with false", `{"enum":[false]}`, []string{`false`}, []string{`0`, `0.0`, `""`, `true`}},
		{"enum with zero", `{"enum":[0]}`, []string{`0`, `0.0`, `-0`}, []string{`false`, `[0]`, `1e999`}},
		{"enum with nested values", `{"enum":[[[0],{"a":"b"}]]}`, []string{`[[0.0],{"a":"b"}]`}, []string{`[[0]]`, `[[0],{"a":"c"}]`, `[[0],{"b":"b"}]`, `[{"a":"b"},[0]]`}},
		{"enum with null", `{"enum":[null,1],"nullable":true}`, []string{`null`, `1`}, []string{`2`}},
		{"enum without null", `{"enum":["a"],"nullable":true}`, []string{`null`, `"a"`}, []string{`"b"`}}, // kin-openapi leaves null to nullable
		{"minimum", `{"minimum":1.1}`, []string{`1.1`, `2.6`, `"x"`}, []string{`0.6`, `1.0999999999999998`}},
		{"minimum below zero", `{"minimum":-2}`, []string{`-1`, `0`, `-2`, `-2.0`}, []string{`-2.0001`, `-3`}},
		{"maximum", `{"maximum":3.0}`, []string{`2.6`, `3.0`, `3`, `[]`}, []string{`3.5`, `1e300`}},
		{"exclusiveMinimum", `{"minimum":1.1,"exclusiveMinimum":true}`, []string{`1.2`}, []string{`1.1`, `0.6`}},
		{"exclusiveMaximum", `{"maximum":3,"exclusiveMaximum":true}`, []string{`2.2`}, []string{`3.0`, `3.5`}},
		{"exclusiveMaximum false", `{"maximum":3,"exclusiveMaximum":false}`, []string{`3`}, []string{`4`}},
		{"multipleOf integer", `{"multipleOf":2}`, []string{`10`, `0`, `-4`, `"a"`, `1e300`}, []string{`7`, `3.5`}},
		{"multipleOf fraction", `{"multipleOf":1.5}`, []string{`0`, `4.5`}, []string{`35`}},
		{"multipleOf small", `{"multipleOf":0.0001}`, []string{`0.0075`, `12.3456`}, []string{`0.00751`}},
		{"multipleOf a tenth", `{"multipleOf":0.1}`, []string{`0.3`, `1.1`, `19.9`, `0.30000000000000004`}, []string{`0.35`, `0.3001`}},
		{"multipleOf small, large value", `{"type":"integer","multipleOf":1e-8}`, []string{`12391239123`}, nil},
		{"int32", `{"type":"integer","format":"int32"}`, []string{`2147483647`, `-2147483648`}, []string{`2147483648`, `-2147483649`}},
		{"int64", `{"type":"integer","format":"int64"}`, []string{`9223372036854775807`, `-9223372036854775808`}, []string{`1e19`, `-1e19`}},
		{"format of a number on a number", `{"type":"number","format":"int32"}`, []string{`2147483648`}, nil}, // not registered for numbers
		{"minLength", `{"minLength":2}`, []string{`"foo"`, `"fo"`, `100`, `"\ud83d\udca9x"`}, []string{`"f"`, `"\ud83d\udca9"`}},
		{"maxLength", `{"maxLength":2}`, []string{`"f"`, `"fo"`, `100`, `"\ud83d\udca9\ud83d\udca9"`, `"éé"`}, []string{`"foo"`, `"ééé"`}},
		{"pattern", `{"pattern":"^a*$"}`, []string{`"aaa"`, `""`, `true`, `123`, `{}`}, []string{`"abc"`, `"aaa\n"`}},
		{"pattern that is not anchored", `{"pattern":"a+"}`, []string{`"xxaayy"`}, []string{`"xxyy"`}},
		{"pattern on characters", `{"pattern":"^\\p{L}.$"}`, []string{`"éa"`, `"日本"`}, []string{`"1a"`, `"é"`}},
		{"pattern with an escape", `{"pattern":"^\\u00E9$"}`, []string{`"é"`, `"\u00e9"`}, []string{`"e"`}},
		{"format date", `{"type":"string","format":"date"}`, []string{`"2017-07-21"`, `"2017-02-31"`}, []string{`"2017-7-21"`, `"2017-13-01"`, `""`}}, // checked by pattern only
		{"format date-time", `{"type":"string","format":"date-time"}`, []string{`"2017-07-21T17:32:28Z"`, `"2017-07-21T17:32:28.1+01:00"`}, []string{`"2017-07-21T17:32:28"`}},
		{"format byte", `{"type":"string","format":"byte"}`, []string{`""`, `"QUJD"`, `"QQ=="`}, []string{`"Q!"`}},
		{"format that is not registered", `{"type":"string","format":"hostname"}`, []string{`"!"`}, nil},
		{"items", `{"items":{"type":"integer"}}`, []string{`[1,2,3]`, `[]`, `{"foo":"bar"}`, `{"0":"invalid","length":1}`}, []string{`[1,"x"]`, `[null]`}},
		{"nested items", `{"type":"array","items":{"type":"array","items":{"type":"number"}}}`, []string{`[[1],[2,3]]`, `[[]]`}, []string{`[["1"]]`, `[1]`}},
		{"minItems", `{"minItems":1}`, []string{`[1,2]`, `[1]`, `""`}, []string{`[]`}},
		{"maxItems", `{"maxItems":2}`, []string{`[1]`, `[1,2]`, `"foobar"`}, []string{`[1,2,3]`}},
		{
			"uniqueItems", `{"uniqueItems":true}`,
			[]string{`[1,2]`, `[1,true]`, `[0,false]`, `[{"foo":"bar"},{"foo":"baz"}]`, `[["foo"],["bar"]]`, `[{},[1],true,null,1,"{}"]`, `[[1],[true]]`, `["1",1]`, `[1.0,1.00,1]`, `["a","b"]`, `[[0],["0"]]`},
			[]string{`[1,1]`, `["foo","bar","foo"]`, `[{"foo":"bar"},{"foo":"bar"}]`, `[{"a":1,"b":2},{"b":2,"a":1}]`, `[["foo"],["bar"],["foo"]]`, `["a","\u0061"]`, `[null,null]`, `[{"a":[1,{"b":[]}]},{"a":[1,{"b":[]}]}]`},
		}, // kin-openapi compares numbers as written
		{"uniqueItems false", `{"uniqueItems":false}`, []string{`[1,1]`}, nil},
		{"properties", `{"properties":{"foo":{"type":"integer"},"bar":{"type":"string"}}}`, []string{`{"foo":1,"bar":"baz"}`, `{"quux":[]}`, `{}`, `[]`, `12`}, []string{`{"foo":1,"bar":{}}`, `{"foo":[],"bar":{}}`, `{"foo":null}`}},
		{"properties with escapes", `{"properties":{"foo\nbar":{"type":"number"},"foo\"bar":{"type":"number"}}}`, []string{`{"foo\nbar":1,"foo\"bar":1}`, `{"foo\u000abar":1}`}, []string{`{"foo\nbar":"1"}`, `{"foo\u0022bar":"1"}`}},
		{"required", `{"properties":{"foo":{},"bar":{}},"required":["foo"]}`, []string{`{"foo":1}`, `[]`, `""`, `12`}, []string{`{"bar":1}`, `{}`}},
		{"required without properties", `{"required":["foo\nbar","foo"]}`, []string{`{"foo\nbar":1,"foo":null}`}, []string{`{"foo":1}`, `{"foo\\nbar":1,"foo":1}`}},
		{"additionalProperties false", `{"properties":{"foo":{}},"additionalProperties":false}`, []string{`{"foo":1}`, `[1]`, `"foo"`, `{}`}, []string{`{"foo":1,"bar":2}`, `{"FOO":1}`}},
		{"additionalProperties schema", `{"properties":{"foo":{}},"additionalProperties":{"type":"boolean"}}`, []string{`{"foo":1}`, `{"foo":1,"quux":true}`}, []string{`{"foo":1,"quux":12}`}},
		{"additionalProperties true", `{"type":"object","additionalProperties":true}`, []string{`{"a":null}`}, nil},
		{"minProperties", `{"minProperties":1}`, []string{`{"foo":1,"bar":2}`, `{"foo":1}`, `[]`, `""`}, []string{`{}`}},
		{"maxProperties", `{"maxProperties":2}`, []string{`{"foo":1}`, `{"foo":1,"bar":2}`, `[1,2,3]`}, []string{`{"foo":1,"bar":2,"baz":3}`}},
		{"readOnly", `{"type":"object","required":["a"],"properties":{"a":{"type":"integer","readOnly":true}}}`, []string{`{}`}, []string{`{"a":1}`}},
		{"writeOnly", `{"type":"object","required":["a"],"properties":{"a":{"type":"integer","writeOnly":true}}}`, []string{`{"a":1}`}, []string{`{}`}},
		{"allOf", `{"allOf":[{"properties":{"bar":{"type":"integer"}},"required":["bar"]},{"properties":{"foo":{"type":"string"}},"required":["foo"]}]}`, []string{`{"foo":"baz","bar":2}`}, []string{`{"foo":"baz"}`, `{"bar":2}`, `{"foo":"baz","bar":"quux"}`}},
		{"allOf and sibling keywords", `{"type":"integer","allOf":[{"maximum":30},{"minimum":20}]}`, []string{`25`}, []string{`35`, `"25"`}},
		{"allOf with an empty schema", `{"allOf":[{},{"type":"number"}]}`, []string{`1`}, []string{`"foo"`}},
		{"anyOf", `{"anyOf":[{"type":"integer"},{"minimum":2}]}`, []string{`1`, `2.5`, `3`, `"x"`}, []string{`1.5`}},
		{"anyOf and sibling keywords", `{"type":"string","anyOf":[{"maxLength":2},{"minLength":4}]}`, []string{`"fo"`, `"foobar"`}, []string{`"foo"`, `3`}},
		{"oneOf", `{"oneOf":[{"type":"integer"},{"minimum":2}]}`, []string{`1`, `2.5`}, []string{`3`, `1.5`}},
		{"oneOf with required", `{"type":"object","oneOf":[{"required":["foo","bar"]},{"required":["foo","baz"]}]}`, []string{`{"foo":1,"bar":2}`, `{"foo":1,"baz":3}`}, []string{`{"bar":2}`, `{"foo":1,"bar":2,"baz":3}`}},
		{"oneOf with null", `{"oneOf":[{"type":"string","nullable":true},{"type":"integer"}]}`, []string{`null`, `"a"`, `1`}, []string{`true`}},
		{"not", `{"not":{"type":"integer"}}`, []string{`"foo"`, `1.1`}, []string{`1`}},
		{"not with properties", `{"not":{"type":"object","properties":{"foo":{"type":"string"}}}}`, []string{`1`, `{"foo":1}`}, []string{`{"foo":"bar"}`, `{}`}},
		{"not within not", `{"not":{"not":{"type":"string"}}}`, []string{`"a"`}, []string{`1`}},
		{"allOf, anyOf and oneOf at once", `{"allOf":[{"multipleOf":2}],"anyOf":[{"multipleOf":3}],"oneOf":[{"multipleOf":5}]}`, []string{`30`}, []string{`1`, `2`, `3`, `5`, `6`, `10`, `15`}},
		{"$ref that leads back", `{"type":"object","additionalProperties":false,"properties":{"foo":{"$ref":"#/components/schemas/Node"}}}`, []string{`{"foo":{}}`, `{"foo":{"next":{"next":{"value":1}}}}`}, []string{`{"foo":{"bar":1}}`, `{"foo":{"next":{"next":{"value":"x"}}}}`}},
		{"discriminator", `{"oneOf":[{"$ref":"#/components/schemas/Cat"},{"$ref":"#/components/schemas/Dog"}],"discriminator":{"propertyName":"kind","mapping":{"cat":"#/components/schemas/Cat","dog":"Dog"}}}`,
			[]string{`{"kind":"cat","lives":9}`, `{"kind":"dog","lives":1}`}, []string{`{"kind":"dog","lives":9}`, `{"kind":"cow"}`, `{}`, `{"kind":1}`, `1`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := validate.New(load(t, fmt.Sprintf(`{"openapi":"3.0.3","info":{"title":"One","version":"1"},
				"paths":{"/":{"post":{"operationId":"post","requestBody":{"content":{"application/json":{"schema":%s}}},"responses":{"204":{"description":"Done"}}}}},
				"components":{"schemas":{"Node":{"type":"object","additionalProperties":false,"properties":{"next":{"$ref":"#/components/schemas/Node"},"value":{"type":"integer"}}},
				"Cat":{"type":"object","properties":{"kind":{"type":"string"},"lives":{"type":"integer","maximum":9}}},"Dog":{"type":"object","properties":{"kind":{"type":"string"},"lives":{"type":"integer","maximum":1}}}}}}`, tt.schema)), validate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, v.Operations()[0], tt.accepted, true)
			wantVerdict(t, v.Operations()[0], tt.rejected, false)
		})
	}
}

// wantVerdict fails the test unless the compiled schema and kin-openapi agree
// on the verdict for all bodies.
func wantVerdict(t *testing.T, operation *validate.Operation, bodies []string, accepted bool) {
	t.Helper()
	for _, body := range bodies {
		r := testRequest{operation: operation, header: http.Header{"Content-Type": {"application/json"}}, body: body}
		if verdict := operation.CompiledVerdict(r.request(), nil); verdict.Body != accepted || verdict.BodyInvalid == accepted {
			t.Errorf("compiled schema: got %+v for %s, want accepted %t", verdict, body, accepted)
		}
		if problem := disagreement(r, accepted); problem != "" || (operation.Check(r.request(), nil) == nil) != accepted {
			t.Errorf("%s for %s, want accepted %t", problem, body, accepted)
		}
	}
}
