package validate

import (
	"bytes"
	"hash/maphash"
)

// seed makes where names fall in a table nobody's choice.
var seed = maphash.MakeSeed()

// distinct fails for an object that has a name twice. It comes after the object was read: then the table is free again.
func (s *scanner) distinct(at int) bool {
	const few = 8
	count := int(s.entries[at].b)
	if count > few {
		return s.distinctMany(at, count)
	}
	var names [few][]byte
	for i, n := at+1, 0; n < count; i, n = s.next(i+1), n+1 {
		name := s.text(i)
		for _, known := range names[:n] {
			if len(known) == len(name) && bytes.Equal(known, name) {
				return s.twice(name)
			}
		}
		names[n] = name
	}
	return true
}

func (s *scanner) distinctMany(at, count int) bool {
	size := 32
	for size < 2*count {
		size *= 2
	}
	if cap(s.slots) < size {
		s.slots = make([]uint32, size)
	}
	slots := s.slots[:size]
	clear(slots)
	for i, n := at+1, 0; n < count; i, n = s.next(i+1), n+1 {
		name := s.text(i)
		slot := int(maphash.Bytes(seed, name)) & (size - 1) //nolint:gosec // the low bits are what is wanted
		for ; slots[slot] != 0; slot = (slot + 1) & (size - 1) {
			if bytes.Equal(s.text(int(slots[slot])), name) {
				return s.twice(name)
			}
		}
		slots[slot] = uint32(i) //nolint:gosec // fewer entries than bytes; a name is never the first entry
	}
	return true
}

func (s *scanner) twice(name []byte) bool {
	s.path = append(s.path, string(name))
	return s.fail("duplicate", "is given more than once")
}
