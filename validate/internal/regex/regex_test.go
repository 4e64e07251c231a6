package regex

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// patterns are test and seed patterns.
var patterns = []string{
	"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
	"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})?$",
	`^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])$`,
	`^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-+\--\[\]-~]{1,255})$`,
	`^[^<>\x00]*$`, "^[0-9A-Za-z_.-]*$", "", "a", "^", "$", "^$", "$^", "a$|^b", "(^a|b)c", "(a|$)", "^(^a)", "x*", "^(a*)*$", "(?i)straße",
	"(?i)^k$", "^.$", "(?s)^.$", `\pL+`, `^[^\pL]+$`, "^a{2,5}b?$", "a(b|$)", "^(a|ab)(c|bcd)$", `^\u00E9$`, "é|日本", `\x{FFFD}`, "[a-z]+@[a-z]+",
	`\bword\b`, "(?m)^line$", "(a|b)*a(a|b){12}", `^\S+$`, `^\w{1,3}$`,
}

func TestPatternsMatchLikeRegexp(t *testing.T) {
	texts := []string{
		"", "a", "b", "ab", "abc", "abcd", "aab", "aaaaab", "aaaaaab", "ac", "bc", "c", "xc", "line", "a\nline\n", "word", "swords", "k", "K", "\u212a", "strasse", "STRASSE",
		"straße", "STRAẞE", "é", "日本", "\n", "\ufffd", "f4da5a55-fcd9-4a93-8b86-5b81585e14bb", "f4da5a55-fcd9-4a93-8b86-5b81585e14bbb",
		strings.Repeat("0", 32), "10.0.0.0/8", "10.0.0.0/33", "256.0.0.0/8", `"a b"`, `"\""`, "x@y", "A_0.-", " ", "ba" + strings.Repeat("ab", 6),
	}
	for _, pattern := range patterns {
		m, re := compileBoth(t, pattern)
		for _, text := range texts {
			if got, want := m.Match([]byte(text)), re.MatchString(text); got != want {
				t.Errorf("pattern %q on %q: got %t, want %t", pattern, text, got, want)
			}
		}
	}
}

func TestOnlyUnusualPatternsUseRegexp(t *testing.T) {
	for _, pattern := range patterns {
		m, _ := compileBoth(t, pattern)
		_, usesRegexp := m.(*regexp.Regexp)
		if want := pattern == `\bword\b` || pattern == "(?m)^line$" || pattern == "(a|b)*a(a|b){12}"; usesRegexp != want {
			t.Errorf("pattern %q uses regexp: got %t, want %t", pattern, usesRegexp, want)
		}
	}
}

func compileBoth(t *testing.T, pattern string) (Matcher, *regexp.Regexp) {
	t.Helper()
	m, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return m, regexp.MustCompile(unicodeEscapes.ReplaceAllString(pattern, `\x{$1}`))
}

func FuzzPattern(f *testing.F) {
	for _, pattern := range patterns {
		f.Add(pattern, "aab-0é\n")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 100 || !utf8.ValidString(text) {
			return
		}
		m, err := Compile(pattern)
		if err != nil {
			return
		}
		re := regexp.MustCompile(unicodeEscapes.ReplaceAllString(pattern, `\x{$1}`))
		if got, want := m.Match([]byte(text)), re.MatchString(text); got != want {
			t.Errorf("got %t, want %t", got, want)
		}
	})
}
