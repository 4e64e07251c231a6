// Package jsonscan is a strict JSON scanner (RFC 8259). It rejects duplicate
// members, NUL, invalid UTF-8 and deep nesting, and records the values of a text
// in one flat slice.
package jsonscan

import (
	"fmt"
	"slices"
	"strconv"
)

// Kind is the type of a JSON value.
type Kind uint8

// Kinds of JSON values.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Array
	Object
)

// Entry is a value or a member name, in the order of the text. Its size
// matters: a body can have 32,000 entries.
type Entry struct {
	// Start and End delimit a number or string in the text. In arrays and
	// objects, Start is the index of the entry after the container, and End the
	// number of its items or members: use Next and Count.
	Start, End uint32
	Kind       Kind
	// Escaped strings are in Scanner.Unescaped instead of the text.
	Escaped bool
}

// Next returns the index of the entry after a container.
func (v *Entry) Next() int { return int(v.Start) }

// Count returns the number of items or members of a container.
func (v *Entry) Count() uint32 { return v.End }

// Error describes a text that is not strict JSON.
type Error struct {
	// Keyword is "json", "duplicate", "depth", "nul" or "utf8".
	Keyword string
	// Reason says what is required: "must be …".
	Reason string
	// Path leads from the root to the invalid value. It is empty for the
	// keywords "json" and "depth".
	Path []string
}

// A Scanner reads a JSON text once: it checks the strict syntax and records an
// entry for each value, so that later passes need not parse the text. It can be
// reused, but not concurrently. The zero value is ready to use.
type Scanner struct {
	data     []byte
	pos      int
	maxDepth int
	// Entries are the values and member names of the last text.
	Entries []Entry
	// Unescaped contains the strings that had escapes.
	Unescaped []byte
	slots     []uint32

	keyword, reason string
	// path leads from the failed value to the root.
	path []string
}

// Scan reports whether data is a single JSON value in valid UTF-8 without
// duplicate members, NUL, unpaired surrogates, and nesting over maxDepth. If
// not, Err returns the reason. data must be shorter than 4 GiB and must not
// change while the entries are in use.
func (s *Scanner) Scan(data []byte, maxDepth int) bool {
	s.Reset(data, maxDepth)
	if cap(s.Entries) == 0 {
		s.Entries = make([]Entry, 0, 32+len(data)/8)
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

// Reset removes all entries. Entries that are pushed from then on refer to data.
func (s *Scanner) Reset(data []byte, maxDepth int) {
	s.data, s.pos, s.maxDepth = data, 0, maxDepth
	s.Entries, s.Unescaped, s.path = s.Entries[:0], s.Unescaped[:0], s.path[:0]
}

// Err returns the reason why Scan returned false.
func (s *Scanner) Err() *Error {
	if s.keyword == "json" || s.keyword == "depth" {
		return &Error{Keyword: s.keyword, Reason: s.reason}
	}
	path := slices.Clone(s.path)
	slices.Reverse(path)
	return &Error{Keyword: s.keyword, Reason: s.reason, Path: path}
}

// DropText drops the references to the text of the last scan.
func (s *Scanner) DropText() {
	s.data, s.keyword, s.reason = nil, "", ""
}

func (s *Scanner) fail(keyword, format string, args ...any) bool {
	s.keyword, s.reason = keyword, fmt.Sprintf(format, args...)
	return false
}

// syntaxError fails for invalid JSON at pos.
func (s *Scanner) syntaxError() bool {
	if s.pos >= len(s.data) {
		return s.fail("json", "must be JSON: unexpected end at byte %d", s.pos)
	}
	return s.fail("json", "must be JSON: syntax error at byte %d", s.pos)
}

// Push appends an entry.
func (s *Scanner) Push(e Entry) {
	if len(s.Entries) == cap(s.Entries) {
		s.grow()
	}
	s.Entries = append(s.Entries, e)
}

// PushString appends the entry of a string or number that is not part of the
// text.
func (s *Scanner) PushString(k Kind, text string) {
	start := len(s.Unescaped)
	s.Unescaped = append(s.Unescaped, text...)
	s.Push(Entry{Start: uint32(start), End: uint32(len(s.Unescaped)), Kind: k, Escaped: true}) //nolint:gosec // less than 4 GiB
}

// grow extrapolates the number of entries from the text read so far and adds a
// margin, up to the most that the rest can contain: an item takes two bytes.
func (s *Scanner) grow() {
	have, rest := len(s.Entries), len(s.data)-s.pos
	estimate := 32 + 2*have
	if s.pos > 0 {
		whole := have * len(s.data) / s.pos
		estimate = max(estimate, whole+whole/8)
	}
	grown := make([]Entry, have, min(estimate, have+32+rest/2))
	copy(grown, s.Entries)
	s.Entries = grown
}

// Text returns an unescaped string, or a number as written. It is valid until
// the next scan.
func (s *Scanner) Text(i int) []byte {
	value := &s.Entries[i]
	if value.Escaped {
		return s.Unescaped[value.Start:value.End]
	}
	return s.data[value.Start:value.End]
}

// Next returns the index of the entry after a value and everything that it
// contains.
func (s *Scanner) Next(i int) int {
	if value := &s.Entries[i]; value.Kind >= Array {
		return value.Next()
	}
	return i + 1
}

func (s *Scanner) skipSpace() {
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
func (s *Scanner) take(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *Scanner) scanValue(depth int) bool {
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
		return s.scanLiteral("true", True)
	case 'f':
		return s.scanLiteral("false", False)
	case 'n':
		return s.scanLiteral("null", Null)
	default:
		return s.scanNumber()
	}
}

func (s *Scanner) scanLiteral(word string, k Kind) bool {
	rest := s.data[s.pos:]
	if len(rest) < len(word) || string(rest[:len(word)]) != word {
		return s.syntaxError()
	}
	s.pos += len(word)
	s.Push(Entry{Kind: k})
	return true
}

// open begins an array or object and returns the index of its entry.
func (s *Scanner) open(k Kind, depth int) (int, bool) {
	if depth >= s.maxDepth {
		return 0, s.fail("depth", "must be nested at most %d levels deep", s.maxDepth)
	}
	s.Push(Entry{Kind: k})
	s.pos++
	s.skipSpace()
	return len(s.Entries) - 1, true
}

// Close completes the container at an entry, which has count items or members.
func (s *Scanner) Close(at int, count uint32) {
	s.Entries[at].Start, s.Entries[at].End = uint32(len(s.Entries)), count //nolint:gosec // fewer entries than bytes
}

func (s *Scanner) scanObject(depth int) bool {
	at, ok := s.open(Object, depth)
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
	s.Close(at, count)
	return count < 2 || s.CheckDuplicates(at)
}

func (s *Scanner) scanMember(depth int) bool {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return s.syntaxError()
	}
	name := len(s.Entries)
	if !s.scanString() {
		return false
	}
	s.skipSpace()
	if !s.take(':') {
		return s.syntaxError()
	}
	s.skipSpace()
	if !s.scanValue(depth + 1) {
		s.path = append(s.path, string(s.Text(name)))
		return false
	}
	return true
}

func (s *Scanner) scanArray(depth int) bool {
	at, ok := s.open(Array, depth)
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
	s.Close(at, count)
	return true
}
