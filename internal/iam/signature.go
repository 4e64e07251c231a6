package iam

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/peering/peering/internal/peering"
)

const (
	// scheme is the only way of signing that is known here.
	scheme     = "SDK-HMAC-SHA256"
	dateHeader = "X-Sdk-Date"
	dateFormat = "20060102T150405Z"

	// maxSkew is how far the date of a signed request may be off, either way.
	maxSkew = 15 * time.Minute
	// maxSigned is how many headers may be signed.
	maxSigned = 100
)

// signature is what the header Authorization says.
type signature struct {
	accessKey string
	// signed are the names of the signed headers in lower case, in the order in which they were signed.
	signed []string
	// mac is in lower-case hexadecimal digits.
	mac string
}

// signer answers who signed a request with one of the access keys of the file.
//
// The way of signing is that of API gateways whose SDKs say SDK-HMAC-SHA256. What the SDKs differ in is accepted: any signed
// headers, in any order, as long as the date is among them. The hash of the body is always that of the bytes that came, so
// X-Sdk-Content-Sha256 can't exempt it (UNSIGNED-PAYLOAD). A signed request can be sent again while its date is good.
func (f *File) signer(r *http.Request) (peering.Caller, error) {
	values := r.Header[authorizationHeader]
	if len(values) > 1 {
		return peering.Caller{}, refuse("%d headers %s", len(values), authorizationHeader)
	}
	s, err := parseAuthorization(values[0])
	if err != nil {
		return peering.Caller{}, refuse("%s: %w", authorizationHeader, err)
	}
	date, err := dateOf(r, f.now())
	if err != nil {
		return peering.Caller{}, refuse("%w", err)
	}
	head, err := canonicalHead(r, s.signed)
	if err != nil {
		return peering.Caller{}, refuse("%w", err)
	}
	// Only now, and for unknown access keys, too: else this would tell which are known.
	body, err := takeBody(r, f.MaxBody)
	if err != nil {
		return peering.Caller{}, err
	}
	key, known := f.inForce.Load().keys[s.accessKey]
	if !known {
		key = f.noKey
	}
	fits := hmac.Equal([]byte(s.mac), []byte(key.sign(date, head, body)))
	switch {
	case !known:
		return peering.Caller{}, refuse("the access key is not listed")
	case !fits:
		return peering.Caller{}, refuse("the signature by user %q of project %s does not fit", key.caller.User, key.caller.Project)
	}
	return key.caller, nil
}

// sign answers the signature of a request at a date.
func (k listedKey) sign(date, head string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(k.secret))
	mac.Write([]byte(scheme + "\n" + date + "\n" + hexSum([]byte(head+hexSum(body)))))
	return hex.EncodeToString(mac.Sum(nil))
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// parseAuthorization reads "SDK-HMAC-SHA256 Access=…, SignedHeaders=a;b, Signature=…", whose three parts may come in any order.
func parseAuthorization(value string) (signature, error) {
	text, ok := strings.CutPrefix(value, scheme+" ")
	if !ok {
		return signature{}, errors.New("the scheme is not " + scheme)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		if !ok {
			return signature{}, errors.New("a part without a value")
		}
		if _, twice := parts[name]; twice {
			return signature{}, errors.New("a part that stands twice")
		}
		parts[name] = value
		if len(parts) > 3 {
			return signature{}, errors.New("too many parts")
		}
	}
	s := signature{accessKey: parts["Access"], signed: strings.Split(parts["SignedHeaders"], ";"), mac: parts["Signature"]}
	if !accessKey.MatchString(s.accessKey) {
		return signature{}, errors.New("no access key, or none of the form of one")
	}
	if err := checkSigned(s.signed); err != nil {
		return signature{}, err
	}
	if len(s.mac) != hex.EncodedLen(sha256.Size) || strings.Trim(s.mac, "0123456789abcdef") != "" {
		return signature{}, errors.New("no signature, or none of 64 lower-case hexadecimal digits")
	}
	return s, nil
}

// checkSigned answers what is wrong with the names of the signed headers.
func checkSigned(names []string) error {
	if len(names) > maxSigned {
		return fmt.Errorf("more than %d signed headers", maxSigned)
	}
	for i, name := range names {
		if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || 'A' <= c && c <= 'Z' }) {
			return errors.New("no signed headers, or a name that is not one in lower case")
		}
		if slices.Contains(names[:i], name) {
			return errors.New("a signed header that is named twice")
		}
	}
	if !slices.Contains(names, strings.ToLower(dateHeader)) {
		return errors.New("the date is not signed")
	}
	return nil
}

// dateOf answers the date of a signed request as it was signed.
func dateOf(r *http.Request, now time.Time) (string, error) {
	values := r.Header[dateHeader]
	if len(values) != 1 {
		return "", fmt.Errorf("%d headers %s", len(values), dateHeader)
	}
	date, err := time.Parse(dateFormat, values[0])
	if err != nil {
		return "", errors.New(dateHeader + " is not of the form " + dateFormat)
	}
	if off := now.Sub(date); off.Abs() > maxSkew {
		return "", fmt.Errorf("the date is %s off, more than %s", off.Round(time.Second), maxSkew)
	}
	return values[0], nil
}
