package jsonscan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// scan returns the error for data, or nil.
func scan(data []byte, maxDepth int) *Error {
	var s Scanner
	if s.Scan(data, maxDepth) {
		return nil
	}
	return s.Err()
}

func nested(depth int) string {
	return strings.Repeat(`[`, depth) + strings.Repeat(`]`, depth)
}

func TestScanAccepts(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"null", `null`},
		{"true", `true`},
		{"false", `false`},
		{"zero", `0`},
		{"negative zero", `-0`},
		{"integer", `1234567890`},
		{"fraction", `-12.50`},
		{"exponents", `[1e1,1E1,1e+1,1E-1,0e0,0.0e-0,1.5e300,1e999]`},
		{"empty string", `""`},
		{"empty object", `{}`},
		{"empty array", `[]`},
		{"white space everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } }\n "},
		{"two-character escapes", `"\" \\ \/ \b \f \n \r \t"`},
		{"escapes in hexadecimal", `"\u0001 \u00e9 \u00E9 \uABCD \uffff"`},
		{"surrogate pairs", `"\ud83d\ude00 \uD800\uDC00 \uDBFF\uDFFF"`},
		{"code points next to the surrogates", `"\ud7ff\ue000"`},
		{"UTF-8 of every length", "\"\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff\""},
		{"replacement character", "\"\ufffd \\ufffd\""},
		{"byte order mark in a string", "\"\ufeff\""},
		{"line separators", "\"\u2028\u2029\""},
		{"escaped name", `{"vpc\u005fid":1,"vpc-id":2}`},
		{"names that differ in case", `{"a":1,"A":2}`},
		{"names that differ in normal form", "{\"\u00e9\":1,\"e\u0301\":2}"},
		{"same name in another object", `{"a":{"a":[{"a":1},{"a":2}]}}`},
		{"empty name", `{"":1}`},
		{"depth of 32 arrays", nested(32)},
		{"depth of 32 objects", strings.Repeat(`{"a":`, 31) + `{}` + strings.Repeat(`}`, 31)},
		{"two values of depth 32", `[` + nested(31) + `,` + nested(31) + `]`},
		{"brackets in strings", `"` + strings.Repeat(`[{`, 100) + `"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !json.Valid([]byte(tt.text)) {
				t.Fatal("encoding/json rejects the text")
			}
			if err := scan([]byte(tt.text), 32); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestScanRejectsWhatEncodingJSONAccepts(t *testing.T) {
	for _, tt := range []struct{ name, text, field, keyword string }{
		{"duplicate member", `{"a":1,"b":2,"a":3}`, "/a", "duplicate"},
		{"duplicate member with the same value", `{"a":1,"a":1}`, "/a", "duplicate"},
		{"duplicate member, once escaped", `{"vpc_id":1,"vpc\u005fid":2}`, "/vpc_id", "duplicate"},
		{"duplicate member, escaped in two ways", `{"\u002f":1,"\/":2}`, "/~1", "duplicate"},
		{"duplicate member, as a surrogate pair", "{\"\U0001f600\":1,\"\\ud83d\\uDE00\":2}", "/\U0001f600", "duplicate"},
		{"duplicate empty name", `{"":1,"":2}`, "/", "duplicate"},
		{"duplicate member in an object", `{"a":{"b":{"c":1,"c":2}}}`, "/a/b/c", "duplicate"},
		{"duplicate member in an array", `{"a":[0,{"b":1},{"b":1,"b":2}]}`, "/a/2/b", "duplicate"},
		{"duplicate member in an array of arrays", `[[],[{},{"b":1,"b":2}]]`, "/1/1/b", "duplicate"},
		{"duplicate member after nested objects", `{"a":{"b":[1]},"c":[{}],"a":1}`, "/a", "duplicate"},
		{"NUL in a value", `{"a":"x\u0000"}`, "/a", "nul"},
		{"NUL in a name", `{"a":{"b\u0000":1}}`, "/a", "nul"},
		{"depth of 33 arrays", nested(33), "", "depth"},
		{"depth of 33 objects", strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33), "", "depth"},
		{"depth of 10000", nested(10000), "", "depth"},
		{"high surrogate at the end", `["\ud83d"]`, "/0", "utf8"},
		{"high surrogate before text", `["\ud83dx"]`, "/0", "utf8"},
		{"high surrogate before another escape", `["\ud83d\n"]`, "/0", "utf8"},
		{"two high surrogates", `["\ud83d\ud83d"]`, "/0", "utf8"},
		{"high surrogate before a plain code unit", `["\ud83d\u0041"]`, "/0", "utf8"},
		{"high surrogate in a name", `{"a":{"\ud83d":1}}`, "/a", "utf8"},
		{"low surrogate", `["\ude00"]`, "/0", "utf8"},
		{"low surrogate before a high one", `["\ude00\ud83d"]`, "/0", "utf8"},
		{"lone continuation byte", "[\"\x80\"]", "/0", "utf8"},
		{"missing continuation byte", "[\"\xc3\"]", "/0", "utf8"},
		{"two of three bytes", "[\"\xe2\x82\"]", "/0", "utf8"},
		{"three of four bytes", "[\"\xf0\x9f\x98\"]", "/0", "utf8"},
		{"overlong slash", "[\"\xc0\xaf\"]", "/0", "utf8"},
		{"overlong NUL", "[\"\xc0\x80\"]", "/0", "utf8"},
		{"overlong in three bytes", "[\"\xe0\x80\xaf\"]", "/0", "utf8"},
		{"overlong in four bytes", "[\"\xf0\x80\x80\xaf\"]", "/0", "utf8"},
		{"surrogate in UTF-8", "[\"\xed\xa0\xbd\xed\xb8\x80\"]", "/0", "utf8"},
		{"beyond the last code point", "[\"\xf4\x90\x80\x80\"]", "/0", "utf8"},
		{"byte 0xff", "[\"\xff\"]", "/0", "utf8"},
		{"invalid UTF-8 after an escape", "[\"\\n\xff\"]", "/0", "utf8"},
		{"invalid UTF-8 in a name", "{\"a\":{\"\xff\":1}}", "/a", "utf8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !json.Valid([]byte(tt.text)) {
				t.Fatal("encoding/json rejects the text")
			}
			wantError(t, scan([]byte(tt.text), 32), tt.field, tt.keyword)
		})
	}
}

func TestScanRejectsInvalidJSON(t *testing.T) {
	for _, tt := range []struct{ name, text, keyword string }{
		{"empty", "", "json"},
		{"white space only", " \n", "json"},
		{"two values", `{} {}`, "json"},
		{"extra closing bracket", `{}}`, "json"},
		{"text after the value", `1 x`, "json"},
		{"NUL after the value", "{}\x00", "json"},
		{"NUL before the value", "\x00{}", "json"},
		{"NUL in a string", "\"\x00\"", "nul"},
		{"byte order mark", "\ufeff{}", "json"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "json"},
		{"no-break space", "\u00a0{}", "json"},
		{"vertical tab", "\v{}", "json"},
		{"leading zero", `01`, "json"},
		{"leading zero after a minus", `-01`, "json"},
		{"no digit after the point", `1.`, "json"},
		{"no digit before the point", `.5`, "json"},
		{"no digit after the minus", `-`, "json"},
		{"no digit between minus and point", `-.5`, "json"},
		{"no digit in the exponent", `1e`, "json"},
		{"no digit after the exponent's sign", `1e+`, "json"},
		{"two signs in the exponent", `1e+-1`, "json"},
		{"exponent right after the point", `1.e1`, "json"},
		{"plus", `+1`, "json"},
		{"hexadecimal number", `0x1`, "json"},
		{"underscore in a number", `1_0`, "json"},
		{"NaN", `NaN`, "json"},
		{"infinity", `-Infinity`, "json"},
		{"capitalized literal", `True`, "json"},
		{"truncated literal", `nul`, "json"},
		{"literal with more letters", `nulll`, "json"},
		{"word", `undefined`, "json"},
		{"control character", "[\"\x1f\"]", "json"},
		{"line break in a string", "\"a\nb\"", "json"},
		{"tab in a string", "\"\t\"", "json"},
		{"unknown escape", `"\a"`, "json"},
		{"escape of a single quote", `"\'"`, "json"},
		{"octal escape", `"\0"`, "json"},
		{"escape with \\x", `"\x41"`, "json"},
		{"escape with a capital U", `"\U0041"`, "json"},
		{"escape with three digits", `"\u041"`, "json"},
		{"escape with an invalid digit", `"\u004g"`, "json"},
		{"single quotes", `{'a':1}`, "json"},
		{"name without quotes", `{a:1}`, "json"},
		{"number as a name", `{1:1}`, "json"},
		{"no colon", `{"a" 1}`, "json"},
		{"no value", `{"a":}`, "json"},
		{"no name", `{:1}`, "json"},
		{"comma before the first member", `{,"a":1}`, "json"},
		{"comma after the last member", `{"a":1,}`, "json"},
		{"two commas", `{"a":1,,"b":2}`, "json"},
		{"no comma", `{"a":1 "b":2}`, "json"},
		{"comma after the last item", `[1,]`, "json"},
		{"no comma between items", `[1 2]`, "json"},
		{"wrong bracket", `[1}`, "json"},
		{"comment to the end of the line", "{} // x", "json"},
		{"block comment", `{/* x */}`, "json"},
		{"comment with a hash", "# x\n{}", "json"},
		{"XML", `<a/>`, "json"},
		{"10000 opening brackets", strings.Repeat(`[`, 10000), "depth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if json.Valid([]byte(tt.text)) {
				t.Fatal("encoding/json accepts the text")
			}
			wantError(t, scan([]byte(tt.text), 32), "", tt.keyword)
		})
	}
}

func TestScanRejectsTruncatedTexts(t *testing.T) {
	const text = "{\"a\\u005f\\n\":[1.5e+3,-0,true,false,null,\"\\ud83d\\ude00\u00e9\U0001f600\"],\"b\":{\"c\":{}}}"
	for n := range len(text) {
		err := scan([]byte(text[:n]), 32)
		// A cut inside a character leaves invalid UTF-8.
		if err == nil || err.Keyword != "json" && err.Keyword != "utf8" {
			t.Errorf("got %v for the first %d bytes, want an error", err, n)
		}
	}
	if err := scan([]byte(text), 32); err != nil {
		t.Errorf("got %v for the whole text, want nil", err)
	}
}

func TestScanLimitsDepth(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		maxDepth   int
		ok         bool
	}{
		{"scalar, maximum 0", `1`, 0, true},
		{"object, maximum 0", `{}`, 0, false},
		{"object, maximum 1", `{"a":1}`, 1, true},
		{"array in an object, maximum 1", `{"a":[]}`, 1, false},
		{"array in an object, maximum 2", `{"a":[1]}`, 2, true},
		{"deep after shallow, maximum 2", `[[],[],[[]]]`, 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := scan([]byte(tt.text), tt.maxDepth)
			if tt.ok && err != nil {
				t.Errorf("got %v, want nil", err)
			}
			if !tt.ok {
				wantError(t, err, "", "depth")
			}
		})
	}
}

// wantError fails the test unless err is an error of keyword at a JSON pointer.
func wantError(t *testing.T, err *Error, pointer, keyword string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got nil, want %s at %q", keyword, pointer)
	}
	if err.Keyword != keyword || pointerOf(err.Path) != pointer || err.Reason == "" {
		t.Errorf("got %+v, want %s at %q", *err, keyword, pointer)
	}
}

func pointerOf(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return b.String()
}

// Scan must accept only JSON, and reject JSON only for reasons that have a
// keyword.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `null`, `{"vpc_id":"f4da","name":"myVpc"}`, `{"a":[1,-2.5e+3,true,false,{"b":"\ud83d\ude00\u00e9"}]}`,
		`{"a":1,"\u0061":2}`, `["\u0000","\ud83d"]`, "[\"\xc0\xaf\x00\"]", `[01]`, `1 2`, `{"a":1,}`, `"\x"`, "\ufeff{}", nested(33),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := scan(data, 32)
		switch valid := json.Valid(data); {
		case err == nil && !valid:
			t.Error("Scan accepts what encoding/json rejects")
		case err != nil && valid && !slices.Contains([]string{"duplicate", "depth", "nul", "utf8"}, err.Keyword):
			t.Errorf("got %+v, but encoding/json accepts the text", *err)
		}
	})
}
