package validate

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a text in quotes.
func (s *scanner) quoted() bool {
	s.pos++
	start := s.pos
	s.skipPlain()
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.push(entry{a: uint32(start), b: uint32(s.pos), kind: jsonText}) //nolint:gosec // a body has less than 4 GiB
			s.pos++
			return true
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return s.control(c)
		case c < utf8.RuneSelf:
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return s.fail("utf8", "must be valid UTF-8")
			}
			s.pos += size
		}
	}
	return s.invalid()
}

// skipPlain goes over characters of ASCII that stand for themselves, as far as it can eight at a time. Where one of them
// is another, the lowest bit that it leaves belongs to the first: only those behind it may be wrong.
func (s *scanner) skipPlain() {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for s.pos+8 <= len(s.data) {
		word := binary.LittleEndian.Uint64(s.data[s.pos:])
		quote, backslash := word^ones*'"', word^ones*'\\'
		others := (word-ones*' ')&^word | (quote-ones)&^quote | (backslash-ones)&^backslash | word
		if others &= highs; others != 0 {
			s.pos += bits.TrailingZeros64(others) / 8
			return
		}
		s.pos += 8
	}
}

// escaped goes on with a text that began at start, from its first backslash on.
func (s *scanner) escaped(start int) bool {
	from := len(s.plain)
	s.plain = append(s.plain, s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			s.push(entry{a: uint32(from), b: uint32(len(s.plain)), kind: jsonText, escaped: true}) //nolint:gosec // no longer than the body
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < ' ':
			return s.control(c)
		case c < utf8.RuneSelf:
			s.plain = append(s.plain, c)
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return s.fail("utf8", "must be valid UTF-8")
			}
			s.plain = append(s.plain, s.data[s.pos:s.pos+size]...)
			s.pos += size
		}
	}
	return s.invalid()
}

// control fails for a control character in a text.
func (s *scanner) control(c byte) bool {
	if c == 0 {
		return s.fail("nul", "must not hold the character NUL")
	}
	return s.invalid()
}

// short are the escapes of two characters.
var short = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads a backslash and what belongs to it.
func (s *scanner) escape() bool {
	if s.pos+1 >= len(s.data) {
		s.pos = len(s.data)
		return s.invalid()
	}
	if c := short[s.data[s.pos+1]]; c != 0 {
		s.plain = append(s.plain, c)
		s.pos += 2
		return true
	}
	r, ok := s.codeUnit()
	if !ok {
		return s.invalid()
	}
	if r == 0 {
		return s.fail("nul", "must not hold the character NUL")
	}
	if utf16.IsSurrogate(r) {
		low, ok := s.codeUnit()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return s.fail("utf8", "must not hold half of a surrogate pair")
		}
	}
	s.plain = utf8.AppendRune(s.plain, r)
	return true
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

func (s *scanner) number() bool {
	start := s.pos
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
	s.push(entry{a: uint32(start), b: uint32(s.pos), kind: jsonNumber}) //nolint:gosec // a body has less than 4 GiB
	return true
}

// digits reads at least one digit.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
