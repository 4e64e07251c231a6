package validate_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/validate"
)

func TestCheckAcceptsValidBodies(t *testing.T) {
	o := operation(t, "createThing")
	for _, tt := range []struct{ name, body string }{
		{"empty object", `{}`},
		{"surrounding white space", " \n{ }\t\r\n"},
		{"scalars", `{"text":"","count":-3,"flag":false,"color":"red","step":10}`},
		{"integer with a fraction of zero", `{"count":1.0}`},
		{"null for a nullable member", `{"maybe":null}`},
		{"lengths in characters", `{"name":"äöüß","title":"x"}`},
		{"bounds", `{"level":1,"share":0.5,"list":["a","b"],"bag":{"a":1,"b":2}}`},
		{"patterns and formats", `{"code":"abc","vpc_id":"abc","day":"2026-01-02"}`},
		{"alternatives", `{"one":"ab","any":true,"none":"no","pet":{"kind":"size","width":1}}`},
		{"allOf", `{"all":{"width":1,"depth":"2"}}`},
		{"nested objects", `{"sizes":[{"width":1},{"width":2,"height":3}],"a/b~c":{"d":"e"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := o.Check(postJSON(t, tt.body), nil); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestCheckRejectsInvalidBodies(t *testing.T) {
	o := operation(t, "createThing")
	for _, tt := range []struct{ name, body, field, keyword, reason string }{
		{"not an object", `["` + canary + `"]`, "", "type", "must be an object"},
		{"null body", `null`, "", "nullable", "must be an object"},
		{"missing member", `{"size":{"height":1}}`, "/size/width", "required", "is required"},
		{"number for a string", `{"text":424242}`, "/text", "type", "must be a string"},
		{"string for an integer", `{"count":"` + canary + `"}`, "/count", "type", "must be an integer"},
		{"fraction for an integer", `{"count":1.5}`, "/count", "type", "must be an integer"},
		{"number out of range", `{"count":1e999}`, "/count", "type", "must be an integer"},
		{"string for a boolean", `{"flag":"` + canary + `"}`, "/flag", "type", "must be a boolean"},
		{"null", `{"text":null}`, "/text", "nullable", "must be a string"},
		{"null for any type", `{"free":null}`, "/free", "nullable", "must be present and not null"},
		{"not in the enum", `{"color":"` + canary + `"}`, "/color", "enum", "must be one of red, green"},
		{"too short", `{"name":"x"}`, "/name", "minLength", "must have at least 2 characters"},
		{"empty", `{"title":""}`, "/title", "minLength", "must not be empty"},
		{"too long", `{"name":"` + canary + `"}`, "/name", "maxLength", "must have at most 4 characters"},
		{"pattern", `{"code":"` + canary + `"}`, "/code", "pattern", "does not match the required pattern"},
		{"pattern with x-expects", `{"vpc_id":"` + canary + `"}`, "/vpc_id", "pattern", "must be letters from a to f"},
		{"format of a string", `{"day":"` + canary + `"}`, "/day", "format", "must be a valid date"},
		{"format of a number", `{"small":2147483648}`, "/small", "format", "must be a valid int32"},
		{"under the minimum", `{"level":0}`, "/level", "minimum", "must be at least 1"},
		{"over the maximum", `{"level":6}`, "/level", "maximum", "must be at most 5"},
		{"at the exclusive minimum", `{"share":0}`, "/share", "exclusiveMinimum", "must be more than 0"},
		{"at the exclusive maximum", `{"share":1}`, "/share", "exclusiveMaximum", "must be less than 1"},
		{"not a multiple", `{"step":7}`, "/step", "multipleOf", "must be a multiple of 5"},
		{"too few items", `{"list":[]}`, "/list", "minItems", "must have at least 1 item"},
		{"too many items", `{"list":["a","b","` + canary + `"]}`, "/list", "maxItems", "must have at most 2 items"},
		{"duplicate item", `{"set":["` + canary + `","` + canary + `"]}`, "/set", "uniqueItems", "must not contain duplicate items"},
		{"too few members", `{"bag":{}}`, "/bag", "minProperties", "must have at least 1 member"},
		{"too many members", `{"bag":{"a":1,"b":2,"c":"` + canary + `"}}`, "/bag", "maxProperties", "must have at most 2 members"},
		{"several of oneOf", `{"one":"abcd"}`, "/one", "oneOf", "must match exactly one of the alternatives"},
		{"none of oneOf", `{"one":["` + canary + `"]}`, "/one", "oneOf", "must match exactly one of the alternatives"},
		{"none of anyOf", `{"any":"` + canary + `"}`, "/any", "anyOf", "must match one of the alternatives"},
		{"one part of allOf", `{"all":{"width":"` + canary + `","depth":"1"}}`, "/all/width", "type", "must be an integer"},
		{"excluded by not", `{"none":"` + canary + `"}`, "/none", "not", "must not match the excluded schema"},
		{"no discriminator", `{"pet":{"width":1}}`, "/pet", "discriminator", `must select one of the alternatives by its member "kind"`},
		{"read-only member", `{"id":"` + canary + `"}`, "/id", "readOnly", "must be absent: only the server sets it"},
		{"unknown member", `{"zzzzzzzzzz":"` + canary + `"}`, "/zzzzzzzzzz", "additionalProperties", "is unknown"},
		{"unknown nested member", `{"sizes":[{"width":1},{"width":1,"zzzzzzzzzz":2}]}`, "/sizes/1/zzzzzzzzzz", "additionalProperties", "is unknown"},
		{"escaped names", `{"a/b~c":{"d":424242}}`, "/a~1b~0c/d", "type", "must be a string"},
		{"array index", `{"list":["a",424242]}`, "/list/1", "type", "must be a string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := o.Check(postJSON(t, tt.body), nil)
			wantViolations(t, err, validate.Invalid, validate.Violation{In: validate.Body, Field: tt.field, Keyword: tt.keyword})
			if got := validationError(t, err).Violations[0].Reason; got != tt.reason {
				t.Errorf("got reason %q, want %q", got, tt.reason)
			}
		})
	}
}

func TestCheckListsEveryViolation(t *testing.T) {
	o := operation(t, "createThing")
	violation := func(field, keyword string) validate.Violation {
		return validate.Violation{In: validate.Body, Field: field, Keyword: keyword}
	}
	for _, tt := range []struct {
		name, body string
		want       []validate.Violation
	}{
		{
			"different members", `{"text":1,"count":"x","sizes":[{},{"width":1},{}]}`,
			[]validate.Violation{
				violation("/count", "type"), violation("/sizes/0/width", "required"), violation("/sizes/2/width", "required"),
				violation("/text", "type"),
			},
		},
		{
			"one member under several keywords", `{"share":-1}`,
			[]validate.Violation{violation("/share", "exclusiveMinimum"), violation("/share", "minimum")},
		},
		{
			"every part of allOf", `{"all":{"zzzzzzzzzz":1}}`,
			[]validate.Violation{
				violation("/all/zzzzzzzzzz", "additionalProperties"), violation("/all/width", "required"), violation("/all/depth", "required"),
			},
		},
		{
			"unknown members, each once", `{"yyyyyyyyyy":1,"size":{"width":1,"zzzzzzzzzz":1},"zzzzzzzzzz":1}`,
			[]validate.Violation{
				violation("/size/zzzzzzzzzz", "additionalProperties"), violation("/yyyyyyyyyy", "additionalProperties"),
				violation("/zzzzzzzzzz", "additionalProperties"),
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantViolations(t, o.Check(postJSON(t, tt.body), nil), validate.Invalid, tt.want...)
		})
	}
}

func TestCheckSuggestsSimilarMembers(t *testing.T) {
	const noSuggestion = "is unknown"
	o := operation(t, "createThing")
	for _, tt := range []struct{ name, member, want string }{
		{"different case", "VPC_ID", `is unknown; did you mean "vpc_id"?`},
		{"missing letters", "vpcd", `is unknown; did you mean "vpc_id"?`},
		{"extra letters", "coolour", `is unknown; did you mean "color"?`},
		{"two other letters", "sixx", `is unknown; did you mean "size"?`},
		{"swapped letters", "tetx", `is unknown; did you mean "text"?`},
		{"first of equally similar names in the alphabet", "nane", `is unknown; did you mean "name"?`},
		{"three letters different", "vpc", noSuggestion},
		{"nothing in common with a short name", "x", noSuggestion},
		{"empty name", "", noSuggestion},
		{"long name", strings.Repeat("size", 1000), noSuggestion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := validationError(t, o.Check(postJSON(t, `{"`+tt.member+`":1}`), nil))
			if got := e.Violations[0].Reason; got != tt.want {
				t.Errorf("got reason %q, want %q", got, tt.want)
			}
		})
	}
}
