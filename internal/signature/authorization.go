package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxSignedHeaders is the maximum number of signed headers in an Authorization
// header that is accepted.
const maxSignedHeaders = 100

// An Authorization is the content of an Authorization header.
type Authorization struct {
	AccessKey string
	// SignedHeaders are the names of the signed headers in lower case, in the
	// order in which they are signed.
	SignedHeaders []string
	// Signature is the result of CanonicalRequest.Sign.
	Signature string
}

// String returns the value of the header.
func (a Authorization) String() string {
	return fmt.Sprintf("%s Access=%s, SignedHeaders=%s, Signature=%s",
		Scheme, a.AccessKey, strings.Join(a.SignedHeaders, ";"), a.Signature)
}

// ParseAuthorization parses the value of an Authorization header, in the form
// that String returns but with its three parts in any order. DateHeader must be
// among the signed headers. Errors never repeat any of the value.
func ParseAuthorization(value string) (Authorization, error) {
	parts, err := splitParts(value)
	if err != nil {
		return Authorization{}, err
	}
	a := Authorization{
		AccessKey:     parts["Access"],
		SignedHeaders: strings.Split(parts["SignedHeaders"], ";"),
		Signature:     parts["Signature"],
	}
	if !ValidAccessKey(a.AccessKey) {
		return Authorization{}, errors.New("the access key is missing or malformed")
	}
	if err := checkSignedHeaders(a.SignedHeaders); err != nil {
		return Authorization{}, err
	}
	if len(a.Signature) != hex.EncodedLen(sha256.Size) || strings.Trim(a.Signature, "0123456789abcdef") != "" {
		return Authorization{}, errors.New("the signature is missing or is not 64 lower-case hexadecimal digits")
	}
	return a, nil
}

// splitParts returns the parts after the scheme by name.
func splitParts(value string) (map[string]string, error) {
	text, ok := strings.CutPrefix(value, Scheme+" ")
	if !ok {
		return nil, errors.New("the scheme is not " + Scheme)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		if !ok {
			return nil, errors.New("a part has no value")
		}
		if _, ok := parts[name]; ok {
			return nil, errors.New("a part is repeated")
		}
		parts[name] = value
		if len(parts) > 3 {
			return nil, errors.New("there are more than three parts")
		}
	}
	return parts, nil
}

func checkSignedHeaders(names []string) error {
	if len(names) > maxSignedHeaders {
		return fmt.Errorf("more than %d headers are signed", maxSignedHeaders)
	}
	for i, name := range names {
		if name == "" || strings.ContainsFunc(name, isInvalidInName) {
			return errors.New("the list of signed headers is missing, or a name in it is not in lower case")
		}
		if slices.Contains(names[:i], name) {
			return errors.New("a header is signed twice")
		}
	}
	if !slices.Contains(names, strings.ToLower(DateHeader)) {
		return errors.New("the date is not signed")
	}
	return nil
}

// isInvalidInName reports whether c must not occur in the name of a signed
// header, which is in lower case.
func isInvalidInName(c rune) bool {
	return c <= ' ' || c > '~' || 'A' <= c && c <= 'Z'
}

var accessKeyPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// ValidAccessKey reports whether s has the form of an access key: 1 to 128
// letters, digits, '_', '.' or '-', none of which ends a part of an
// Authorization header.
func ValidAccessKey(s string) bool {
	return accessKeyPattern.MatchString(s)
}
