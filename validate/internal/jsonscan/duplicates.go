package jsonscan

import (
	"bytes"
	"hash/maphash"
)

// hashSeed is random, so that nobody can choose names that collide.
var hashSeed = maphash.MakeSeed()

// CheckDuplicates fails for the object at an entry if it has a duplicate name. It runs after the
// object was read, so nested objects can share its hash table.
func (s *Scanner) CheckDuplicates(at int) bool {
	const maxLinear = 8
	count := int(s.Entries[at].Count())
	if count > maxLinear {
		return s.checkManyDuplicates(at, count)
	}
	var names [maxLinear][]byte
	for i, n := at+1, 0; n < count; i, n = s.Next(i+1), n+1 {
		name := s.Text(i)
		for _, previous := range names[:n] {
			if len(previous) == len(name) && bytes.Equal(previous, name) {
				return s.duplicate(name)
			}
		}
		names[n] = name
	}
	return true
}

func (s *Scanner) checkManyDuplicates(at, count int) bool {
	size := 32
	for size < 2*count {
		size *= 2
	}
	if cap(s.slots) < size {
		s.slots = make([]uint32, size)
	}
	slots := s.slots[:size]
	clear(slots)
	for i, n := at+1, 0; n < count; i, n = s.Next(i+1), n+1 {
		name := s.Text(i)
		slot := int(maphash.Bytes(hashSeed, name)) & (size - 1) //nolint:gosec // only the low bits are used
		for ; slots[slot] != 0; slot = (slot + 1) & (size - 1) {
			if bytes.Equal(s.Text(int(slots[slot])), name) {
				return s.duplicate(name)
			}
		}
		slots[slot] = uint32(i) //nolint:gosec // fewer entries than bytes; a name is never the first entry
	}
	return true
}

func (s *Scanner) duplicate(name []byte) bool {
	s.path = append(s.path, string(name))
	return s.fail("duplicate", "is given more than once")
}
