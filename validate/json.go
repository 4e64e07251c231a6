package validate

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// checkJSON answers why data is not one JSON value (RFC 8259) in valid UTF-8 without duplicate members, NUL, half
// surrogate pairs and nesting over maxDepth, or nil.
func checkJSON(data []byte, maxDepth int) *Violation {
	s := scanner{data: data, maxDepth: maxDepth}
	s.space()
	if v := s.value(); v != nil {
		return v
	}
	s.space()
	if s.pos < len(s.data) {
		s.path = nil
		return s.violation("json", "must end after the JSON value; more data follows at byte %d", s.pos)
	}
	return nil
}

// scanner reads a JSON text once. Its methods answer the first violation, or nil with pos behind what they read.
type scanner struct {
	data     []byte
	pos      int
	maxDepth int
	// path holds the names and indices on the way to the value at pos.
	path []string
}

func (s *scanner) violation(keyword, format string, args ...any) *Violation {
	return &Violation{In: Body, Field: pointer(s.path), Keyword: keyword, Reason: fmt.Sprintf(format, args...)}
}

// invalid answers the violation for a text that is no JSON at pos.
func (s *scanner) invalid() *Violation {
	s.path = nil
	if s.pos >= len(s.data) {
		return s.violation("json", "must be JSON; it ends too early, at byte %d", s.pos)
	}
	return s.violation("json", "must be JSON; it is not at byte %d", s.pos)
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// take reads the byte c.
func (s *scanner) take(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) value() *Violation {
	if s.pos >= len(s.data) {
		return s.invalid()
	}
	switch c := s.data[s.pos]; {
	case c == '{':
		return s.object()
	case c == '[':
		return s.array()
	case c == '"':
		_, v := s.text()
		return v
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	}
	for _, literal := range []string{"true", "false", "null"} {
		if rest := s.data[s.pos:]; len(rest) >= len(literal) && string(rest[:len(literal)]) == literal {
			s.pos += len(literal)
			return nil
		}
	}
	return s.invalid()
}

// child reads the value of a member or element, which is called name.
func (s *scanner) child(name string) *Violation {
	s.path = append(s.path, name)
	if v := s.value(); v != nil {
		return v
	}
	s.path = s.path[:len(s.path)-1]
	return nil
}

func (s *scanner) tooDeep() *Violation {
	if len(s.path) < s.maxDepth {
		return nil
	}
	s.path = nil
	return s.violation("depth", "must be nested at most %d levels deep", s.maxDepth)
}

func (s *scanner) object() *Violation {
	if v := s.tooDeep(); v != nil {
		return v
	}
	s.pos++
	s.space()
	if s.take('}') {
		return nil
	}
	seen := map[string]struct{}{}
	for {
		if v := s.member(seen); v != nil {
			return v
		}
		s.space()
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return s.invalid()
		}
		s.space()
	}
}

func (s *scanner) member(seen map[string]struct{}) *Violation {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return s.invalid()
	}
	name, v := s.text()
	if v != nil {
		return v
	}
	if _, ok := seen[name]; ok {
		s.path = append(s.path, name)
		return s.violation("duplicate", "is given more than once")
	}
	seen[name] = struct{}{}
	s.space()
	if !s.take(':') {
		return s.invalid()
	}
	s.space()
	return s.child(name)
}

func (s *scanner) array() *Violation {
	if v := s.tooDeep(); v != nil {
		return v
	}
	s.pos++
	s.space()
	if s.take(']') {
		return nil
	}
	for i := 0; ; i++ {
		if v := s.child(strconv.Itoa(i)); v != nil {
			return v
		}
		s.space()
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.invalid()
		}
		s.space()
	}
}

// text reads a string and answers it decoded.
func (s *scanner) text() (string, *Violation) {
	start := s.pos
	escaped := false
	s.pos++
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			if !escaped {
				return string(s.data[start+1 : s.pos-1]), nil
			}
			var decoded string
			if json.Unmarshal(s.data[start:s.pos], &decoded) != nil {
				return "", s.invalid()
			}
			return decoded, nil
		case c == '\\':
			escaped = true
			if v := s.escape(); v != nil {
				return "", v
			}
		case c == 0:
			return "", s.violation("nul", "must not hold the character NUL")
		case c < ' ':
			return "", s.invalid()
		case c < utf8.RuneSelf:
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", s.violation("utf8", "must be valid UTF-8")
			}
			s.pos += size
		}
	}
	return "", s.invalid()
}

// escape reads a backslash and what belongs to it.
func (s *scanner) escape() *Violation {
	if s.pos+1 >= len(s.data) {
		s.pos = len(s.data)
		return s.invalid()
	}
	switch s.data[s.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return nil
	case 'u':
	default:
		return s.invalid()
	}
	r, ok := s.codeUnit()
	if !ok {
		return s.invalid()
	}
	if r == 0 {
		return s.violation("nul", "must not hold the character NUL")
	}
	if !utf16.IsSurrogate(r) {
		return nil
	}
	low, ok := s.codeUnit()
	if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return s.violation("utf8", "must not hold half of a surrogate pair")
	}
	return nil
}

// codeUnit reads an escape of the form \uXXXX.
func (s *scanner) codeUnit() (rune, bool) {
	if len(s.data)-s.pos < 6 || s.data[s.pos] != '\\' || s.data[s.pos+1] != 'u' {
		return 0, false
	}
	n := rune(0)
	for _, c := range s.data[s.pos+2 : s.pos+6] {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			n = n<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	s.pos += 6
	return n, true
}

func (s *scanner) number() *Violation {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return s.invalid()
	}
	if s.take('.') && !s.digits() {
		return s.invalid()
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		if !s.digits() {
			return s.invalid()
		}
	}
	return nil
}

// digits reads at least one digit.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
