package validate

import (
	"encoding"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Bind decodes the body of a request that Check accepted into v, a pointer to a zero value, and answers whether it did.
// It follows encoding/json, but for the names of members, which have to match exactly: what was validated under a name is
// what v gets. It does without encoding/json, and leaves v as it is, for types that decode themselves, embed others or hold
// an interface, for values that do not fit, and for bodies that are not JSON.
func Bind(r *http.Request, v any) bool {
	b, ok := r.Body.(*checkedBody)
	target := reflect.ValueOf(v)
	if !ok || !b.json || target.Kind() != reflect.Pointer || target.IsNil() {
		return false
	}
	bind := binders.of(target.Type().Elem())
	if bind == nil {
		return false
	}
	run := newRun()
	defer run.free()
	if !b.load(run) {
		return false
	}
	if !bind(run, 0, shareable(b.Bytes()), target.Elem()) {
		target.Elem().SetZero()
		return false
	}
	return true
}

// binder sets a value to what stands at entry i. It answers false for what does not fit.
type binder func(r *run, i int, shared string, v reflect.Value) bool

// binders knows those of the types that were asked for; nil for ones that encoding/json has to decode.
var binders binderCache

type binderCache struct{ known sync.Map }

func (c *binderCache) of(t reflect.Type) binder {
	if known, ok := c.known.Load(t); ok {
		return known.(binder) //nolint:forcetypeassert // nothing else is stored
	}
	made := newBinder(t, map[reflect.Type]bool{})
	c.known.Store(t, made)
	return made
}

// newBinder answers nil for a type that holds one of open, which are being made: types that hold themselves are rare.
func newBinder(t reflect.Type, open map[reflect.Type]bool) binder {
	if open[t] || t.Kind() != reflect.Pointer && decodesItself(t) {
		return nil
	}
	open[t] = true
	defer delete(open, t)
	switch t.Kind() {
	case reflect.String:
		return bindText
	case reflect.Bool:
		return bindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return bindInt
	case reflect.Float32, reflect.Float64:
		return bindFloat
	case reflect.Pointer:
		return pointerBinder(t, newBinder(t.Elem(), open))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		return sliceBinder(t, newBinder(t.Elem(), open))
	case reflect.Struct:
		return structBinder(t, open)
	default:
		return nil
	}
}

func decodesItself(t reflect.Type) bool {
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func bindText(r *run, i int, shared string, v reflect.Value) bool {
	switch r.entries[i].kind {
	case jsonText:
		v.SetString(r.decodeText(i, shared))
		return true
	case jsonNull:
		return true
	default:
		return false
	}
}

func bindBool(r *run, i int, _ string, v reflect.Value) bool {
	kind := r.entries[i].kind
	if kind != jsonNull {
		v.SetBool(kind == jsonTrue)
	}
	return kind <= jsonTrue
}

func bindInt(r *run, i int, _ string, v reflect.Value) bool {
	if r.entries[i].kind != jsonNumber {
		return r.entries[i].kind == jsonNull
	}
	n, err := strconv.ParseInt(string(r.text(i)), 10, v.Type().Bits())
	v.SetInt(n)
	return err == nil
}

func bindFloat(r *run, i int, _ string, v reflect.Value) bool {
	if r.entries[i].kind != jsonNumber {
		return r.entries[i].kind == jsonNull
	}
	f, err := strconv.ParseFloat(string(r.text(i)), v.Type().Bits())
	v.SetFloat(f)
	return err == nil
}

func pointerBinder(t reflect.Type, element binder) binder {
	if element == nil {
		return nil
	}
	return func(r *run, i int, shared string, v reflect.Value) bool {
		if r.entries[i].kind == jsonNull {
			return true
		}
		v.Set(reflect.New(t.Elem()))
		return element(r, i, shared, v.Elem())
	}
}

func sliceBinder(t reflect.Type, element binder) binder {
	if element == nil {
		return nil
	}
	return func(r *run, i int, shared string, v reflect.Value) bool {
		if r.entries[i].kind != jsonArray {
			return r.entries[i].kind == jsonNull
		}
		count := int(r.entries[i].b)
		v.Set(reflect.MakeSlice(t, count, count))
		for item, at := 0, i+1; item < count; item, at = item+1, r.next(at) {
			if !element(r, at, shared, v.Index(item)) {
				return false
			}
		}
		return true
	}
}

// fieldBinder is a field of a struct under the name that it has in JSON.
type fieldBinder struct {
	name  string
	index int
	bind  binder
}

func structBinder(t reflect.Type, open map[reflect.Type]bool) binder {
	fields, ok := fieldBinders(t, open)
	if !ok {
		return nil
	}
	return func(r *run, i int, shared string, v reflect.Value) bool {
		if r.entries[i].kind != jsonObject {
			return r.entries[i].kind == jsonNull
		}
		end := r.next(i)
		for at := i + 1; at < end; at = r.next(at + 1) {
			name := r.text(at)
			for k := range fields {
				if f := &fields[k]; len(f.name) == len(name) && f.name == string(name) {
					if !f.bind(r, at+1, shared, v.Field(f.index)) {
						return false
					}
					break
				}
			}
		}
		return true
	}
}

// fieldBinders answers false for a struct with a field that is more than a plain one.
func fieldBinders(t reflect.Type, open map[reflect.Type]bool) ([]fieldBinder, bool) {
	var fields []fieldBinder
	names := map[string]bool{}
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case field.Anonymous:
			return nil, false
		case !field.IsExported() || tag == "-":
			continue
		case name == "":
			name = field.Name
		}
		bind := newBinder(field.Type, open)
		if bind == nil || names[name] || strings.Contains(","+options+",", ",string,") || !plainName(name) {
			return nil, false
		}
		names[name] = true
		fields = append(fields, fieldBinder{name, i, bind})
	}
	return fields, true
}

// plainName tells whether encoding/json takes a name from a tag for certain.
func plainName(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}
