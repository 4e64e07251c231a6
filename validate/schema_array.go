package validate

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// hashSeed is random, so that nobody can choose values that collide.
var hashSeed = maphash.MakeSeed()

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
	rules, count, ok := s.arrays, uint64(e.Entries[i].Count()), true
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
	end := e.Next(i)
	for item, at := 0, i+1; at < end; item, at = item+1, e.Next(at) {
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
	from, end := len(e.hashes), e.Next(i)
	e.hashes = slices.Grow(e.hashes, int(e.Entries[i].Count()))
	for at := i + 1; at < end; at = e.Next(at) {
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
	value := &e.Entries[i]
	switch value.Kind {
	case jsonscan.String:
		return hashParts(jsonscan.String, maphash.Bytes(hashSeed, e.Text(i)))
	case jsonscan.Number:
		e.undecided = e.undecided || e.inParameter
		return hashParts(jsonscan.Number, maphash.Bytes(hashSeed, e.Text(i)))
	case jsonscan.Array:
		sum := hashParts(jsonscan.Array, uint64(value.Count()))
		for at := i + 1; at < value.Next(); at = e.Next(at) {
			sum = hashParts(jsonscan.Array, sum, e.hashValue(at))
		}
		return sum
	case jsonscan.Object:
		sum := uint64(0)
		for at := i + 1; at < value.Next(); at = e.Next(at + 1) {
			sum += hashParts(jsonscan.Object, maphash.Bytes(hashSeed, e.Text(at)), e.hashValue(at+1))
		}
		return hashParts(jsonscan.Object, sum)
	default:
		return hashParts(value.Kind)
	}
}

func hashParts(k jsonscan.Kind, parts ...uint64) uint64 {
	buffer := make([]byte, 1, 1+3*8)
	buffer[0] = byte(k)
	for _, part := range parts {
		buffer = binary.LittleEndian.AppendUint64(buffer, part)
	}
	return maphash.Bytes(hashSeed, buffer)
}
