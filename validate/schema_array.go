package validate

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
)

// arrayRules are the keywords for arrays.
type arrayRules struct {
	min, max uint64
	unique   bool
	items    *compiledSchema
}

func (c *compiler) compileArray(cs *compiledSchema) *arrayRules {
	s := cs.source
	rules := &arrayRules{min: s.MinItems, max: math.MaxUint64, unique: s.UniqueItems}
	if s.MaxItems != nil {
		rules.max = *s.MaxItems
	}
	if s.Items != nil {
		rules.items = c.compile(s.Items, nil)
	}
	if len(s.PrefixItems) > 0 {
		cs.fallback = "prefixItems is not part of OpenAPI 3.0"
	}
	return rules
}

// validArray checks the array at entry i.
func (e *evaluator) validArray(s *compiledSchema, i int) bool {
	rules, count, ok := s.arrays, uint64(e.entries[i].count()), true
	if count < rules.min {
		if ok = e.reject(s, "minItems"); !e.continues() {
			return false
		}
	}
	if count > rules.max {
		if ok = e.reject(s, "maxItems"); !e.continues() {
			return false
		}
	}
	if rules.unique && !e.itemsUnique(i) {
		if ok = e.reject(s, "uniqueItems"); !e.continues() {
			return false
		}
	}
	if rules.items == nil {
		return ok
	}
	end := e.next(i)
	for item, at := 0, i+1; at < end; item, at = item+1, e.next(at) {
		e.enterItem(item)
		valid := e.valid(rules.items, at)
		e.leave()
		if !valid {
			if ok = false; !e.continues() {
				return false
			}
		}
	}
	return ok
}

// itemsUnique reports whether the array at entry i has no duplicate items. It
// compares hashes, whose seed is secret so that nobody can forge a collision.
func (e *evaluator) itemsUnique(i int) bool {
	from, end := len(e.hashes), e.next(i)
	e.hashes = slices.Grow(e.hashes, int(e.entries[i].count()))
	for at := i + 1; at < end; at = e.next(at) {
		e.hashes = append(e.hashes, e.hashValue(at))
	}
	hashes := e.hashes[from:]
	slices.Sort(hashes)
	unique := true
	for k := 1; k < len(hashes); k++ {
		unique = unique && hashes[k-1] != hashes[k]
	}
	e.hashes = e.hashes[:from]
	return unique
}

// hashValue returns the same hash for values that kin-openapi considers equal:
// numbers are compared as written, members in any order.
func (e *evaluator) hashValue(i int) uint64 {
	value := &e.entries[i]
	switch value.kind {
	case jsonString:
		return hashParts(jsonString, maphash.Bytes(hashSeed, e.text(i)))
	case jsonNumber:
		e.undecided = e.undecided || e.inParameter
		return hashParts(jsonNumber, maphash.Bytes(hashSeed, e.text(i)))
	case jsonArray:
		sum := hashParts(jsonArray, uint64(value.count()))
		for at := i + 1; at < value.next(); at = e.next(at) {
			sum = hashParts(jsonArray, sum, e.hashValue(at))
		}
		return sum
	case jsonObject:
		sum := uint64(0)
		for at := i + 1; at < value.next(); at = e.next(at + 1) {
			sum += hashParts(jsonObject, maphash.Bytes(hashSeed, e.text(at)), e.hashValue(at+1))
		}
		return hashParts(jsonObject, sum)
	default:
		return hashParts(value.kind)
	}
}

func hashParts(k kind, parts ...uint64) uint64 {
	buffer := make([]byte, 1, 1+3*8)
	buffer[0] = byte(k)
	for _, part := range parts {
		buffer = binary.LittleEndian.AppendUint64(buffer, part)
	}
	return maphash.Bytes(hashSeed, buffer)
}
