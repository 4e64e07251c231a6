package etcd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// encodeOver encodes a record that replaces an old one. It keeps the fields of
// the old record that this program does not know: a newer version may have
// written them.
func encodeOver(old []byte, record any) (string, error) {
	value, err := encode(record)
	if err != nil || !hasUnknownFields(old, record) {
		return value, err
	}
	merged, err := mergeUnknownFields(old, []byte(value), reflect.TypeOf(record))
	if err != nil {
		return "", fmt.Errorf("encode record: %w", err)
	}
	return string(merged), nil
}

// hasUnknownFields reports whether an encoded record has fields that the type of
// record does not have.
func hasUnknownFields(encoded []byte, record any) bool {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	return decoder.Decode(reflect.New(reflect.TypeOf(record)).Interface()) != nil
}

// mergeUnknownFields adds to the new JSON object the fields of the old one that
// the type t does not have.
func mergeUnknownFields(oldObject, newObject []byte, t reflect.Type) ([]byte, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(oldObject, &before); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(newObject, &after); err != nil {
		return nil, err
	}
	for name, value := range before {
		fieldType, known := jsonFieldType(t, name)
		if !known {
			after[name] = value
			continue
		}
		if inner, ok := after[name]; ok && fieldType.Kind() == reflect.Struct && bytes.HasPrefix(value, []byte("{")) {
			merged, err := mergeUnknownFields(value, inner, fieldType)
			if err != nil {
				return nil, err
			}
			after[name] = merged
		}
	}
	return json.Marshal(after)
}

// jsonFieldType returns the type of the struct field with the given JSON name.
func jsonFieldType(t reflect.Type, name string) (reflect.Type, bool) {
	for field := range t.Fields() {
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name {
			return field.Type, true
		}
	}
	return nil, false
}
