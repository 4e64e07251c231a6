package validate

func (s *scanner) scanNumber() bool {
	start := s.pos
	s.take('-')
	if !s.take('0') && !s.scanDigits() {
		return s.syntaxError()
	}
	if s.take('.') && !s.scanDigits() {
		return s.syntaxError()
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		if !s.scanDigits() {
			return s.syntaxError()
		}
	}
	s.push(entry{start: uint32(start), end: uint32(s.pos), kind: jsonNumber}) //nolint:gosec // a body has less than 4 GiB
	return true
}

// scanDigits reads one or more digits.
func (s *scanner) scanDigits() bool {
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
