// Package regex matches the patterns of schemas. It gives the results of package
// regexp, but matches most patterns with a table, one look-up per character.
package regex

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A Matcher matches a pattern as package regexp defines it. It is safe for
// concurrent use.
type Matcher interface {
	// Match reports whether the text, which must be valid UTF-8, contains a
	// match of the pattern.
	Match(text []byte) bool
}

// unicodeEscapes are escapes of ECMAScript that kin-openapi translates for
// package regexp. Only upper-case digits are recognised.
var unicodeEscapes = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// Compile returns a DFA for the pattern if its table is small, and the regular
// expression otherwise. Escapes of the form \uXXXX are accepted, as in
// ECMAScript.
func Compile(pattern string) (Matcher, error) {
	pattern = unicodeEscapes.ReplaceAllString(pattern, `\x{$1}`)
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if a := newDFA(pattern); a != nil {
		return a, nil
	}
	return re, nil
}

// dfa is a deterministic finite automaton for a pattern, which takes one table
// look-up per character. The subset construction builds it from the program of
// package regexp/syntax.
type dfa struct {
	// classes are the first characters of the ranges that the pattern does not
	// distinguish, ascending. ascii is the class of each character below 128.
	classes []rune
	ascii   [utf8.RuneSelf]uint16
	// next has a row for each state: for each class, the offset of the next
	// state's row. ends reports which states accept at the end of the text.
	next []uint16
	ends []bool
}

// stateDead accepts no text and stateMatched every text; stateStart is the
// initial state.
const (
	stateDead = iota
	stateMatched
	stateStart
)

func (a *dfa) Match(text []byte) bool {
	width := len(a.classes)
	next, ascii, state := a.next, &a.ascii, stateStart*width
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			state = int(next[state+int(ascii[c])])
			i++
		} else {
			r, size := utf8.DecodeRune(text[i:])
			state = int(next[state+a.class(r)])
			i += size
		}
		if state <= stateMatched*width {
			return state == stateMatched*width
		}
	}
	return a.ends[state/width]
}

func (a *dfa) class(r rune) int {
	i, found := slices.BinarySearch(a.classes, r)
	if !found {
		i--
	}
	return i
}

// newDFA returns nil for a pattern with assertions other than those for the
// start and end of the text, and for a pattern with a large table.
func newDFA(pattern string) *dfa {
	const maxInstructions, maxStates, maxTable = 4096, 4096, 1 << 15
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxInstructions || hasAssertions(program) {
		return nil
	}
	b := dfaBuilder{program: program, dfa: &dfa{classes: classesOf(program)}, states: map[string]int{}}
	for c := range b.ascii {
		b.ascii[c] = uint16(b.class(rune(c))) //nolint:gosec // at most maxTable classes matter
	}
	b.sets = append(b.sets, nil, nil, b.closure([]uint32{uint32(program.Start)}, true)) //nolint:gosec // an index
	for state := stateStart; state < len(b.sets); state++ {
		if len(b.sets) > maxStates || len(b.sets)*len(b.classes) > maxTable {
			return nil
		}
		b.fill(state)
	}
	return b.dfa
}

// hasAssertions reports whether a program has assertions other than those for
// the start and end of the text.
func hasAssertions(program *syntax.Prog) bool {
	return slices.ContainsFunc(program.Inst, func(i syntax.Inst) bool {
		return i.Op == syntax.InstEmptyWidth && i.Arg&^uint32(syntax.EmptyBeginText|syntax.EmptyEndText) != 0
	})
}

// classesOf returns the first characters of the ranges that the program
// distinguishes.
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

// dfaBuilder builds a DFA. A state is a set of program instructions.
type dfaBuilder struct {
	*dfa
	program *syntax.Prog
	sets    [][]uint32
	states  map[string]int
}

// fill computes the row of a state and adds the states that it reaches.
func (b *dfaBuilder) fill(state int) {
	for len(b.ends) <= state {
		b.ends = append(b.ends, len(b.ends) == stateMatched)
		b.next = append(b.next, make([]uint16, len(b.classes))...)
	}
	set := b.sets[state]
	b.ends[state] = b.matchesAtEnd(set, state == stateStart)
	for class, r := range b.classes {
		after := []uint32{uint32(b.program.Start)} //nolint:gosec // an index
		for _, pc := range set {
			if inst := &b.program.Inst[pc]; consumes(inst) && inst.MatchRune(r) {
				after = append(after, inst.Out)
			}
		}
		reached := b.state(b.closure(after, false))
		if b.hasMatch(set) {
			reached = stateMatched
		}
		b.next[state*len(b.classes)+class] = uint16(reached * len(b.classes)) //nolint:gosec // within the table
	}
}

// state returns the number of a set.
func (b *dfaBuilder) state(set []uint32) int {
	switch {
	case b.hasMatch(set):
		return stateMatched
	case len(set) == 0:
		return stateDead
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

func (b *dfaBuilder) hasMatch(set []uint32) bool {
	return slices.ContainsFunc(set, func(pc uint32) bool { return b.program.Inst[pc].Op == syntax.InstMatch })
}

// closure returns the instructions that consume a character, assert the end of
// the text, or match, in ascending order.
func (b *dfaBuilder) closure(from []uint32, atBegin bool) []uint32 {
	return b.follow(from, func(condition syntax.EmptyOp) bool {
		return condition&syntax.EmptyEndText == 0 && (atBegin || condition&syntax.EmptyBeginText == 0)
	})
}

func (b *dfaBuilder) matchesAtEnd(set []uint32, atBegin bool) bool {
	return b.hasMatch(b.follow(set, func(condition syntax.EmptyOp) bool {
		return atBegin || condition&syntax.EmptyBeginText == 0
	}))
}

// follow returns the instructions reachable without consuming a character. An
// assertion of the end of the text that does not hold is kept; one of the start
// is dropped.
func (b *dfaBuilder) follow(from []uint32, holds func(syntax.EmptyOp) bool) []uint32 {
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
