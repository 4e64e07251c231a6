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

// thing is what bodies of createThing are bound to.
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

// checked answers a request of createThing after its check.
func checked(t *testing.T, body string) *http.Request {
	t.Helper()
	r := post(t, body)
	if err := operation(t, "createThing").Check(r, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBindDecodesAsEncodingJSON(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"nothing", `{}`},
		{"null", `{"maybe":null,"text":"x"}`},
		{"everything", `{"text":"a\u00e9\n","count":-7,"small":5,"flag":true,"maybe":"m","share":0.25,"list":["a","b"],"sizes":[{"width":1},{"width":2}]}`},
		{"what the type does not hold", `{"color":"red","text":"x"}`},
		{"large", `{"text":"` + strings.Repeat("é", 3000) + `","list":["` + strings.Repeat("a", 3000) + `"]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got, want thing
			if err := json.Unmarshal([]byte(tt.body), &want); err != nil {
				t.Fatal(err)
			}
			if !validate.Bind(checked(t, tt.body), &got) || !reflect.DeepEqual(got, want) || got.hidden != "" {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestBindLeavesOutWhatHasAnotherName(t *testing.T) {
	r := send(t, http.MethodPatch, "application/json", strings.NewReader(`{"TEXT":"x","text":"y","Count":1}`))
	if err := operation(t, "changeThing").Check(r, nil); err != nil {
		t.Fatal(err)
	}
	var got thing
	if !validate.Bind(r, &got) || got.Text != "y" || got.Count != 0 {
		t.Errorf("got %+v, want the member text only", got)
	}
}

func TestBindLeavesTheRestToOthers(t *testing.T) {
	type embedding struct{ thing }
	type itself struct{ Parent *itself }
	twice := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"text"`}, {Name: "B", Type: reflect.TypeFor[string](), Tag: `json:"text"`},
	})
	for _, tt := range []struct {
		name   string
		target any
	}{
		{"no pointer", thing{}},
		{"nil", nil},
		{"nil pointer", (*thing)(nil)},
		{"name twice", reflect.New(twice).Interface()},
		{"any", new(any)},
		{"map", new(map[string]string)},
		{"bytes", new(struct{ Text []byte })},
		{"type with a decoder", new(struct{ Text time.Time })},
		{"embedded struct", new(embedding)},
		{"struct that holds itself", new(itself)},
		{"quoted number", new(struct {
			Count int `json:"count,string"`
		})},
		{"another type", new(struct {
			Text int `json:"text"`
		})},
		{"too small a type", new(struct {
			Count int8 `json:"count"`
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := reflect.ValueOf(tt.target)
			if validate.Bind(checked(t, `{"count":1000,"text":"2017-07-21T17:32:28Z"}`), tt.target) {
				t.Errorf("bound %+v", tt.target)
			}
			if before.Kind() == reflect.Pointer && !before.IsNil() && !before.Elem().IsZero() {
				t.Errorf("left %+v behind", tt.target)
			}
		})
	}
	t.Run("request that was not checked", func(t *testing.T) {
		if validate.Bind(post(t, `{}`), new(thing)) {
			t.Error("bound")
		}
	})
}

// What ValidatedValue answers is what encoding/json would.
func TestValidatedValueDecodesAsEncodingJSON(t *testing.T) {
	o := oracleFor(t, "testdata/composed.yaml")
	g := generator{Rand: rand.New(rand.NewPCG(seedOf(t), 0)), document: o.document}
	for range 500 {
		c := g.trial(o)
		r := c.request()
		if c.body == "" || c.operation.Check(r, c.path) != nil {
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(c.body))
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
