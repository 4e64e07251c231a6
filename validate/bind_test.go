package validate_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/validate"
)

// thing is the type to which bodies of createThing are bound.
type thing struct {
	Text  string   `json:"text,omitempty"`
	Count int      `json:"count"`
	Small *int32   `json:"small"`
	Flag  bool     `json:"flag"`
	Maybe *string  `json:"maybe"`
	Share float32  `json:"share"`
	List  []string `json:"list"`
	Sizes []struct {
		Width int `json:"width"`
		Depth string
	} `json:"sizes"`
	Skipped string `json:"-"`
	hidden  string
}

// checkedRequest returns a request of createThing that passed Check.
func checkedRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	r := postJSON(t, body)
	if err := operation(t, "createThing").Check(r, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBindDecodesAsEncodingJSON(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"empty object", `{}`},
		{"null", `{"maybe":null,"text":"x"}`},
		{"every field", `{"text":"a\u00e9\n","count":-7,"small":5,"flag":true,"maybe":"m","share":0.25,"list":["a","b"],"sizes":[{"width":1},{"width":2}]}`},
		{"unknown member", `{"color":"red","text":"x"}`},
		{"large body", `{"text":"` + strings.Repeat("é", 3000) + `","list":["` + strings.Repeat("a", 3000) + `"]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got, want thing
			if err := json.Unmarshal([]byte(tt.body), &want); err != nil {
				t.Fatal(err)
			}
			if !validate.Bind(checkedRequest(t, tt.body), &got) || !reflect.DeepEqual(got, want) || got.hidden != "" {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestBindIgnoresMembersWithOtherNames(t *testing.T) {
	r := newRequest(t, http.MethodPatch, "application/json", strings.NewReader(`{"TEXT":"x","text":"y","Count":1}`))
	if err := operation(t, "changeThing").Check(r, nil); err != nil {
		t.Fatal(err)
	}
	var got thing
	if !validate.Bind(r, &got) || got.Text != "y" || got.Count != 0 {
		t.Errorf("got %+v, want only the member text", got)
	}
}

func TestBindReturnsFalseForOtherTypes(t *testing.T) {
	type embedding struct{ thing }
	type recursive struct{ Parent *recursive }
	duplicate := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"text"`}, {Name: "B", Type: reflect.TypeFor[string](), Tag: `json:"text"`},
	})
	for _, tt := range []struct {
		name   string
		target any
	}{
		{"not a pointer", thing{}},
		{"nil", nil},
		{"nil pointer", (*thing)(nil)},
		{"duplicate name", reflect.New(duplicate).Interface()},
		{"any", new(any)},
		{"map", new(map[string]string)},
		{"bytes", new(struct{ Text []byte })},
		{"type with an UnmarshalJSON method", new(struct{ Text time.Time })},
		{"embedded struct", new(embedding)},
		{"recursive struct", new(recursive)},
		{"quoted number", new(struct {
			Count int `json:"count,string"`
		})},
		{"field of another type", new(struct {
			Text int `json:"text"`
		})},
		{"field with too small a range", new(struct {
			Count int8 `json:"count"`
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := reflect.ValueOf(tt.target)
			if validate.Bind(checkedRequest(t, `{"count":1000,"text":"2017-07-21T17:32:28Z"}`), tt.target) {
				t.Errorf("Bind returned true, target %+v", tt.target)
			}
			if before.Kind() == reflect.Pointer && !before.IsNil() && !before.Elem().IsZero() {
				t.Errorf("target changed to %+v", tt.target)
			}
		})
	}
	t.Run("unchecked request", func(t *testing.T) {
		if validate.Bind(postJSON(t, `{}`), new(thing)) {
			t.Error("Bind returned true")
		}
	})
}

func TestValidatedValueDecodesAsEncodingJSON(t *testing.T) {
	o := newOracle(t, "testdata/composed.yaml")
	g := generator{Rand: rand.New(rand.NewPCG(randomSeed(t), 0)), document: o.document}
	for range 500 {
		generated := g.randomRequest(o)
		r := generated.request()
		if generated.body == "" || generated.operation.Check(r, generated.path) != nil {
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(generated.body))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		got := r.Body.(interface{ ValidatedValue() any }).ValidatedValue()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
