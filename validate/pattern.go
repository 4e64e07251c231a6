package validate

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// matcher tells whether a text in valid UTF-8 has the form of a pattern, as the regular expression of package regexp would.
type matcher interface {
	match(text []byte) bool
}

type regexpMatcher struct{ *regexp.Regexp }

func (m regexpMatcher) match(text []byte) bool { return m.Match(text) }

// codePoints are escapes of ECMAScript that kin-openapi translates for package regexp; it takes capital digits only.
var codePoints = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// compilePattern answers a table for the pattern where that stays small, and the regular expression itself otherwise.
func compilePattern(pattern string) (matcher, error) {
	pattern = codePoints.ReplaceAllString(pattern, `\x{$1}`)
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if a := newAutomaton(pattern); a != nil {
		return a, nil
	}
	return regexpMatcher{re}, nil
}

// automaton is a pattern as a table: it takes one look-up for each character. It is built from the program of package
// regexp/syntax, by the subset construction.
type automaton struct {
	// classes are the first characters of the groups that the pattern does not tell apart, ascending; ascii is the
	// group of each character under 128.
	classes []rune
	ascii   [utf8.RuneSelf]uint16
	// next is a row for each state: the place of the row of the state after each group. ends tells which states match a
	// text that ends there.
	next []uint16
	ends []bool
}

// The first states: one from which no text matches, one from which every text does, and the one to begin with.
const (
	dead = iota
	matched
	begin
)

func (a *automaton) match(text []byte) bool {
	width := len(a.classes)
	next, ascii, state := a.next, &a.ascii, begin*width
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			state = int(next[state+int(ascii[c])])
			i++
		} else {
			r, size := utf8.DecodeRune(text[i:])
			state = int(next[state+a.class(r)])
			i += size
		}
		if state <= matched*width {
			return state == matched*width
		}
	}
	return a.ends[state/width]
}

func (a *automaton) class(r rune) int {
	i, found := slices.BinarySearch(a.classes, r)
	if !found {
		i--
	}
	return i
}

// newAutomaton answers nil for a pattern that looks at more than single characters and the two ends of the text, or
// whose table would be large.
func newAutomaton(pattern string) *automaton {
	const maxInstructions, maxStates, maxTable = 4096, 4096, 1 << 15
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxInstructions || looksAround(program) {
		return nil
	}
	b := builder{program: program, automaton: &automaton{classes: classesOf(program)}, states: map[string]int{}}
	for c := range b.ascii {
		b.ascii[c] = uint16(b.class(rune(c))) //nolint:gosec // at most maxTable classes matter
	}
	b.sets = append(b.sets, nil, nil, b.closure([]uint32{uint32(program.Start)}, true)) //nolint:gosec // an index
	for state := begin; state < len(b.sets); state++ {
		if len(b.sets) > maxStates || len(b.sets)*len(b.classes) > maxTable {
			return nil
		}
		b.fill(state)
	}
	return b.automaton
}

// looksAround tells whether a program has conditions other than those on the beginning and the end of the text.
func looksAround(program *syntax.Prog) bool {
	return slices.ContainsFunc(program.Inst, func(i syntax.Inst) bool {
		return i.Op == syntax.InstEmptyWidth && i.Arg&^uint32(syntax.EmptyBeginText|syntax.EmptyEndText) != 0
	})
}

// classesOf answers where the groups of characters begin that the program tells apart.
func classesOf(program *syntax.Prog) []rune {
	edges := []rune{0}
	add := func(low, high rune) { edges = append(edges, low, high+1) }
	for _, inst := range program.Inst {
		switch inst.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(inst.Rune) == 1 {
				add(inst.Rune[0], inst.Rune[0])
				for r := unicode.SimpleFold(inst.Rune[0]); r != inst.Rune[0]; r = unicode.SimpleFold(r) {
					add(r, r)
				}
				continue
			}
			for i := 0; i+1 < len(inst.Rune); i += 2 {
				add(inst.Rune[i], inst.Rune[i+1])
			}
		case syntax.InstRuneAnyNotNL:
			add('\n', '\n')
		default:
		}
	}
	slices.Sort(edges)
	return slices.Compact(edges)
}

// builder makes the table of an automaton. A state is a set of instructions of the program.
type builder struct {
	*automaton
	program *syntax.Prog
	sets    [][]uint32
	states  map[string]int
}

// fill makes the row of a state, and new states as they are reached.
func (b *builder) fill(state int) {
	for len(b.ends) <= state {
		b.ends = append(b.ends, len(b.ends) == matched)
		b.next = append(b.next, make([]uint16, len(b.classes))...)
	}
	set := b.sets[state]
	b.ends[state] = b.matchesAtEnd(set, state == begin)
	for class, r := range b.classes {
		after := []uint32{uint32(b.program.Start)} //nolint:gosec // an index
		for _, pc := range set {
			if inst := &b.program.Inst[pc]; consumes(inst) && inst.MatchRune(r) {
				after = append(after, inst.Out)
			}
		}
		reached := b.state(b.closure(after, false))
		if b.hasMatch(set) {
			reached = matched
		}
		b.next[state*len(b.classes)+class] = uint16(reached * len(b.classes)) //nolint:gosec // within the table
	}
}

// state answers the number of a set.
func (b *builder) state(set []uint32) int {
	switch {
	case b.hasMatch(set):
		return matched
	case len(set) == 0:
		return dead
	}
	key := string(key(set))
	if n, ok := b.states[key]; ok {
		return n
	}
	b.sets = append(b.sets, set)
	b.states[key] = len(b.sets) - 1
	return len(b.sets) - 1
}

func key(set []uint32) []byte {
	var key []byte
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	return key
}

func consumes(inst *syntax.Inst) bool {
	switch inst.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	default:
		return false
	}
}

func (b *builder) hasMatch(set []uint32) bool {
	return slices.ContainsFunc(set, func(pc uint32) bool { return b.program.Inst[pc].Op == syntax.InstMatch })
}

// closure answers the instructions that wait for a character, for the end of the text or for nothing, ascending.
func (b *builder) closure(from []uint32, atBegin bool) []uint32 {
	return b.follow(from, func(condition syntax.EmptyOp) bool {
		return condition&syntax.EmptyEndText == 0 && (atBegin || condition&syntax.EmptyBeginText == 0)
	})
}

func (b *builder) matchesAtEnd(set []uint32, atBegin bool) bool {
	return b.hasMatch(b.follow(set, func(condition syntax.EmptyOp) bool {
		return atBegin || condition&syntax.EmptyBeginText == 0
	}))
}

// follow answers the instructions that are reached without a character. One that waits for the end of the text stays
// unless holds says that its condition is met; one that waits for the beginning falls away.
func (b *builder) follow(from []uint32, holds func(syntax.EmptyOp) bool) []uint32 {
	seen := make([]bool, len(b.program.Inst))
	todo := slices.Clone(from)
	var set []uint32
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		inst := &b.program.Inst[pc]
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			todo = append(todo, inst.Out)
		case syntax.InstEmptyWidth:
			condition := syntax.EmptyOp(inst.Arg) //nolint:gosec // six bits
			if holds(condition) {
				todo = append(todo, inst.Out)
			} else if condition&syntax.EmptyEndText != 0 {
				set = append(set, pc)
			}
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	slices.Sort(set)
	return set
}
