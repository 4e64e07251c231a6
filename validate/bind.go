package validate

import (
	"encoding"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// Bind decodes the body of a request that Check accepted into v, a pointer to a
// zero value, and reports whether it did. It decodes as encoding/json does,
// except that member names must match exactly, so that v receives what was
// validated under that name.
//
// Bind returns false and leaves v unchanged for types that decode themselves,
// embed others or contain an interface, for values that do not fit v, and for
// bodies that are not JSON. Use encoding/json or ValidatedValue for these.
func Bind(r *http.Request, v any) bool {
	b, ok := r.Body.(*checkedBody)
	target := reflect.ValueOf(v)
	if !ok || !b.json || target.Kind() != reflect.Pointer || target.IsNil() {
		return false
	}
	decode := decoders.of(target.Type().Elem())
	if decode == nil {
		return false
	}
	e := newEvaluator()
	defer e.release()
	if !b.load(e) {
		return false
	}
	if !decode(e, 0, sharedText(b.Bytes()), target.Elem()) {
		target.Elem().SetZero()
		return false
	}
	return true
}

// decoder sets v to the value at entry i. It returns false for a value that
// does not fit.
type decoder func(e *evaluator, i int, shared string, v reflect.Value) bool

// decoders caches the decoder of each type, nil for a type that only
// encoding/json can decode.
var decoders decoderCache

type decoderCache struct{ byType sync.Map }

func (c *decoderCache) of(t reflect.Type) decoder {
	if cached, ok := c.byType.Load(t); ok {
		return cached.(decoder) //nolint:forcetypeassert // nothing else is stored
	}
	d := newDecoder(t, map[reflect.Type]bool{})
	c.byType.Store(t, d)
	return d
}

// newDecoder returns nil for a recursive type. pending contains the types whose
// decoders are under construction.
func newDecoder(t reflect.Type, pending map[reflect.Type]bool) decoder {
	if pending[t] || t.Kind() != reflect.Pointer && decodesItself(t) {
		return nil
	}
	pending[t] = true
	defer delete(pending, t)
	switch t.Kind() {
	case reflect.String:
		return decodeString
	case reflect.Bool:
		return decodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInt
	case reflect.Float32, reflect.Float64:
		return decodeFloat
	case reflect.Pointer:
		return pointerDecoder(t, newDecoder(t.Elem(), pending))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		return sliceDecoder(t, newDecoder(t.Elem(), pending))
	case reflect.Struct:
		return structDecoder(t, pending)
	default:
		return nil
	}
}

func decodesItself(t reflect.Type) bool {
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func decodeString(e *evaluator, i int, shared string, v reflect.Value) bool {
	switch e.Entries[i].Kind {
	case jsonscan.String:
		v.SetString(e.decodeString(i, shared))
		return true
	case jsonscan.Null:
		return true
	default:
		return false
	}
}

func decodeBool(e *evaluator, i int, _ string, v reflect.Value) bool {
	kind := e.Entries[i].Kind
	if kind != jsonscan.Null {
		v.SetBool(kind == jsonscan.True)
	}
	return kind <= jsonscan.True
}

func decodeInt(e *evaluator, i int, _ string, v reflect.Value) bool {
	if e.Entries[i].Kind != jsonscan.Number {
		return e.Entries[i].Kind == jsonscan.Null
	}
	n, err := strconv.ParseInt(string(e.Text(i)), 10, v.Type().Bits())
	v.SetInt(n)
	return err == nil
}

func decodeFloat(e *evaluator, i int, _ string, v reflect.Value) bool {
	if e.Entries[i].Kind != jsonscan.Number {
		return e.Entries[i].Kind == jsonscan.Null
	}
	f, err := strconv.ParseFloat(string(e.Text(i)), v.Type().Bits())
	v.SetFloat(f)
	return err == nil
}

func pointerDecoder(t reflect.Type, element decoder) decoder {
	if element == nil {
		return nil
	}
	return func(e *evaluator, i int, shared string, v reflect.Value) bool {
		if e.Entries[i].Kind == jsonscan.Null {
			return true
		}
		v.Set(reflect.New(t.Elem()))
		return element(e, i, shared, v.Elem())
	}
}

func sliceDecoder(t reflect.Type, element decoder) decoder {
	if element == nil {
		return nil
	}
	return func(e *evaluator, i int, shared string, v reflect.Value) bool {
		if e.Entries[i].Kind != jsonscan.Array {
			return e.Entries[i].Kind == jsonscan.Null
		}
		count := int(e.Entries[i].Count())
		v.Set(reflect.MakeSlice(t, count, count))
		for item, at := 0, i+1; item < count; item, at = item+1, e.Next(at) {
			if !element(e, at, shared, v.Index(item)) {
				return false
			}
		}
		return true
	}
}

// fieldDecoder decodes the struct field with a JSON name.
type fieldDecoder struct {
	name   string
	index  int
	decode decoder
}

func structDecoder(t reflect.Type, pending map[reflect.Type]bool) decoder {
	fields, ok := fieldDecoders(t, pending)
	if !ok {
		return nil
	}
	return func(e *evaluator, i int, shared string, v reflect.Value) bool {
		if e.Entries[i].Kind != jsonscan.Object {
			return e.Entries[i].Kind == jsonscan.Null
		}
		end := e.Next(i)
		for at := i + 1; at < end; at = e.Next(at + 1) {
			name := e.Text(at)
			for k := range fields {
				if f := &fields[k]; len(f.name) == len(name) && f.name == string(name) {
					if !f.decode(e, at+1, shared, v.Field(f.index)) {
						return false
					}
					break
				}
			}
		}
		return true
	}
}

// fieldDecoders returns false for a struct with a field that needs
// encoding/json.
func fieldDecoders(t reflect.Type, pending map[reflect.Type]bool) ([]fieldDecoder, bool) {
	var fields []fieldDecoder
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
		decode := newDecoder(field.Type, pending)
		if decode == nil || names[name] || strings.Contains(","+options+",", ",string,") || !isPlainName(name) {
			return nil, false
		}
		names[name] = true
		fields = append(fields, fieldDecoder{name, i, decode})
	}
	return fields, true
}

// isPlainName reports whether encoding/json accepts a name in a tag.
func isPlainName(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}
