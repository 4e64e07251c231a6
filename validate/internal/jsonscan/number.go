package jsonscan

func (s *Scanner) scanNumber() bool {
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
	s.Push(Entry{Start: uint32(start), End: uint32(s.pos), Kind: Number}) //nolint:gosec // a body has less than 4 GiB
	return true
}

// scanDigits reads one or more digits.
func (s *Scanner) scanDigits() bool {
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
