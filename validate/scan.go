package validate

import (
	"fmt"
	"strconv"
)

// kind is the type of a JSON value.
type kind uint8

const (
	jsonNull kind = iota
	jsonFalse
	jsonTrue
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// entry is a value or a member name, in the order of the text. Its size
// matters: a body can have 32,000 entries.
type entry struct {
	// start and end delimit a number or string in the text. In arrays and
	// objects, start is the index of the entry after the container, and end the
	// number of its items or members: use next and count.
	start, end uint32
	kind       kind
	// escaped strings are in scanner.unescaped instead.
	escaped bool
}

// next returns the index of the entry after a container.
func (v *entry) next() int { return int(v.start) }

// count returns the number of items or members of a container.
func (v *entry) count() uint32 { return v.end }

// scanner reads a JSON text (RFC 8259) once: it checks the strict syntax and
// records an entry for each value, so that later passes need not parse the
// text. Its methods return false on failure; keyword, reason and path then
// describe it.
type scanner struct {
	data      []byte
	pos       int
	maxDepth  int
	entries   []entry
	unescaped []byte
	slots     []uint32

	keyword, reason string
	// path leads from the failed value to the root.
	path []string
}

// scan reads data, which must be shorter than 4 GiB.
func (s *scanner) scan(data []byte, maxDepth int) bool {
	s.reset(data, maxDepth)
	if cap(s.entries) == 0 {
		s.entries = make([]entry, 0, 32+len(data)/8)
	}
	s.skipSpace()
	if !s.scanValue(0) {
		return false
	}
	s.skipSpace()
	if s.pos < len(s.data) {
		return s.fail("json", "must be a single JSON value: more data follows at byte %d", s.pos)
	}
	return true
}

func (s *scanner) reset(data []byte, maxDepth int) {
	s.data, s.pos, s.maxDepth = data, 0, maxDepth
	s.entries, s.unescaped, s.path = s.entries[:0], s.unescaped[:0], s.path[:0]
}

// checkJSON returns nil if data is a single JSON value (RFC 8259) in valid
// UTF-8 without duplicate members, NUL, unpaired surrogates, and nesting over
// maxDepth.
func checkJSON(data []byte, maxDepth int) *Violation {
	e := newEvaluator()
	defer e.release()
	if e.scan(data, maxDepth) {
		return nil
	}
	return e.violation()
}

// violation describes the failure of scan.
func (s *scanner) violation() *Violation {
	v := &Violation{In: Body, Keyword: s.keyword, Reason: s.reason}
	if s.keyword == "json" || s.keyword == "depth" {
		return v // invalid JSON has no location
	}
	path := make([]string, 0, len(s.path))
	for i := len(s.path) - 1; i >= 0; i-- {
		path = append(path, s.path[i])
	}
	v.Field = jsonPointer(path)
	return v
}

func (s *scanner) fail(keyword, format string, args ...any) bool {
	s.keyword, s.reason = keyword, fmt.Sprintf(format, args...)
	return false
}

// syntaxError fails for invalid JSON at pos.
func (s *scanner) syntaxError() bool {
	if s.pos >= len(s.data) {
		return s.fail("json", "must be JSON: unexpected end at byte %d", s.pos)
	}
	return s.fail("json", "must be JSON: syntax error at byte %d", s.pos)
}

func (s *scanner) push(e entry) {
	if len(s.entries) == cap(s.entries) {
		s.grow()
	}
	s.entries = append(s.entries, e)
}

// grow extrapolates the number of entries from the text read so far and adds a
// margin, up to the most that the rest can contain: an item takes two bytes.
func (s *scanner) grow() {
	have, rest := len(s.entries), len(s.data)-s.pos
	estimate := 32 + 2*have
	if s.pos > 0 {
		whole := have * len(s.data) / s.pos
		estimate = max(estimate, whole+whole/8)
	}
	grown := make([]entry, have, min(estimate, have+32+rest/2))
	copy(grown, s.entries)
	s.entries = grown
}

// text returns an unescaped string, or a number as written. It is valid until
// the next scan.
func (s *scanner) text(i int) []byte {
	value := &s.entries[i]
	if value.escaped {
		return s.unescaped[value.start:value.end]
	}
	return s.data[value.start:value.end]
}

// next returns the index of the entry after a value and everything that it
// contains.
func (s *scanner) next(i int) int {
	if value := &s.entries[i]; value.kind >= jsonArray {
		return value.next()
	}
	return i + 1
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// take consumes the byte c if it is next.
func (s *scanner) take(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) scanValue(depth int) bool {
	if s.pos >= len(s.data) {
		return s.syntaxError()
	}
	switch s.data[s.pos] {
	case '"':
		return s.scanString()
	case '{':
		return s.scanObject(depth)
	case '[':
		return s.scanArray(depth)
	case 't':
		return s.scanLiteral("true", jsonTrue)
	case 'f':
		return s.scanLiteral("false", jsonFalse)
	case 'n':
		return s.scanLiteral("null", jsonNull)
	default:
		return s.scanNumber()
	}
}

func (s *scanner) scanLiteral(word string, k kind) bool {
	rest := s.data[s.pos:]
	if len(rest) < len(word) || string(rest[:len(word)]) != word {
		return s.syntaxError()
	}
	s.pos += len(word)
	s.push(entry{kind: k})
	return true
}

// open begins an array or object and returns the index of its entry.
func (s *scanner) open(k kind, depth int) (int, bool) {
	if depth >= s.maxDepth {
		return 0, s.fail("depth", "must be nested at most %d levels deep", s.maxDepth)
	}
	s.push(entry{kind: k})
	s.pos++
	s.skipSpace()
	return len(s.entries) - 1, true
}

func (s *scanner) close(at int, count uint32) {
	s.entries[at].start, s.entries[at].end = uint32(len(s.entries)), count //nolint:gosec // fewer entries than bytes
}

func (s *scanner) scanObject(depth int) bool {
	at, ok := s.open(jsonObject, depth)
	if !ok {
		return false
	}
	count := uint32(0)
	for !s.take('}') {
		if count > 0 {
			if !s.take(',') {
				return s.syntaxError()
			}
			s.skipSpace()
		}
		if !s.scanMember(depth) {
			return false
		}
		count++
		s.skipSpace()
	}
	s.close(at, count)
	return count < 2 || s.checkDuplicates(at)
}

func (s *scanner) scanMember(depth int) bool {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return s.syntaxError()
	}
	name := len(s.entries)
	if !s.scanString() {
		return false
	}
	s.skipSpace()
	if !s.take(':') {
		return s.syntaxError()
	}
	s.skipSpace()
	if !s.scanValue(depth + 1) {
		s.path = append(s.path, string(s.text(name)))
		return false
	}
	return true
}

func (s *scanner) scanArray(depth int) bool {
	at, ok := s.open(jsonArray, depth)
	if !ok {
		return false
	}
	count := uint32(0)
	for !s.take(']') {
		if count > 0 {
			if !s.take(',') {
				return s.syntaxError()
			}
			s.skipSpace()
		}
		if !s.scanValue(depth + 1) {
			s.path = append(s.path, strconv.Itoa(int(count)))
			return false
		}
		count++
		s.skipSpace()
	}
	s.close(at, count)
	return true
}
