package etcd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// encodeOver encodes a record that takes the place of an old one. What the old one has that this program does not know
// stays: a newer program may have written it.
func encodeOver(old []byte, record any) (string, error) {
	value, err := encode(record)
	if err != nil || knows(old, record) {
		return value, err
	}
	merged, err := keepUnknown(old, []byte(value), reflect.TypeOf(record))
	if err != nil {
		return "", fmt.Errorf("encode record: %w", err)
	}
	return string(merged), nil
}

// knows tells whether a record of that type holds all that is in an old one.
func knows(old []byte, record any) bool {
	decoder := json.NewDecoder(bytes.NewReader(old))
	decoder.DisallowUnknownFields()
	return decoder.Decode(reflect.New(reflect.TypeOf(record)).Interface()) == nil
}

// keepUnknown adds to a fresh object the members of the old one that the type does not have.
func keepUnknown(old, fresh []byte, known reflect.Type) ([]byte, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(old, &before); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(fresh, &after); err != nil {
		return nil, err
	}
	for name, value := range before {
		member, ok := memberOf(known, name)
		if !ok {
			after[name] = value
			continue
		}
		if inner, there := after[name]; there && member.Kind() == reflect.Struct && bytes.HasPrefix(value, []byte("{")) {
			merged, err := keepUnknown(value, inner, member)
			if err != nil {
				return nil, err
			}
			after[name] = merged
		}
	}
	return json.Marshal(after)
}

// memberOf answers the type of the member of a record's type that has the name in JSON.
func memberOf(record reflect.Type, name string) (reflect.Type, bool) {
	for field := range record.Fields() {
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name {
			return field.Type, true
		}
	}
	return nil, false
}
