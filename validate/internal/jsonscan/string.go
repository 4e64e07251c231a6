package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// scanString reads a quoted string.
func (s *Scanner) scanString() bool {
	s.pos++
	start := s.pos
	s.skipASCII()
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.Push(Entry{Start: uint32(start), End: uint32(s.pos), Kind: String}) //nolint:gosec // a body has less than 4 GiB
			s.pos++
			return true
		case c == '\\':
			return s.scanEscapedString(start)
		case c < ' ':
			return s.controlCharacter(c)
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
	return s.syntaxError()
}

// skipASCII skips plain ASCII characters, eight at a time. The lowest bit set
// in others belongs to the first special character; only bits above it can be
// wrong.
func (s *Scanner) skipASCII() {
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

// scanEscapedString reads a string that began at start from its first backslash
// on.
func (s *Scanner) scanEscapedString(start int) bool {
	from := len(s.Unescaped)
	s.Unescaped = append(s.Unescaped, s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			s.Push(Entry{Start: uint32(from), End: uint32(len(s.Unescaped)), Kind: String, Escaped: true}) //nolint:gosec // no longer than the body
			return true
		case c == '\\':
			if !s.scanEscape() {
				return false
			}
		case c < ' ':
			return s.controlCharacter(c)
		case c < utf8.RuneSelf:
			s.Unescaped = append(s.Unescaped, c)
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return s.fail("utf8", "must be valid UTF-8")
			}
			s.Unescaped = append(s.Unescaped, s.data[s.pos:s.pos+size]...)
			s.pos += size
		}
	}
	return s.syntaxError()
}

// controlCharacter fails for a control character in a string.
func (s *Scanner) controlCharacter(c byte) bool {
	if c == 0 {
		return s.fail("nul", "must not contain the NUL character")
	}
	return s.syntaxError()
}

// shortEscapes are the two-character escapes.
var shortEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// scanEscape reads an escape sequence.
func (s *Scanner) scanEscape() bool {
	if s.pos+1 >= len(s.data) {
		s.pos = len(s.data)
		return s.syntaxError()
	}
	if c := shortEscapes[s.data[s.pos+1]]; c != 0 {
		s.Unescaped = append(s.Unescaped, c)
		s.pos += 2
		return true
	}
	r, ok := s.scanCodeUnit()
	if !ok {
		return s.syntaxError()
	}
	if r == 0 {
		return s.fail("nul", "must not contain the NUL character")
	}
	if utf16.IsSurrogate(r) {
		low, ok := s.scanCodeUnit()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return s.fail("utf8", "must not contain an unpaired surrogate")
		}
	}
	s.Unescaped = utf8.AppendRune(s.Unescaped, r)
	return true
}

// scanCodeUnit reads an escape of the form \uXXXX.
func (s *Scanner) scanCodeUnit() (rune, bool) {
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
