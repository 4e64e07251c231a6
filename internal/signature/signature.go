// Package signature implements SDK-HMAC-SHA256, the scheme that signs a request
// with an access key and a secret key. The SDK signs with it, and the server
// verifies with it.
//
// A signature covers the method, the path, the query, the headers that the
// signer lists, and the body. Which headers must be listed, and how old a
// signature may be, is up to the verifier.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	// Scheme is the authentication scheme in the Authorization header.
	Scheme = "SDK-HMAC-SHA256"
	// DateHeader is the header with the time of the signature.
	DateHeader = "X-Sdk-Date"
	// DateFormat is the layout of DateHeader. The time is in UTC.
	DateFormat = "20060102T150405Z"
)

// A CanonicalRequest is the canonical form of a request without its body.
type CanonicalRequest struct {
	// date is the value of DateHeader.
	date string
	// head is the canonical request up to the hash of the body.
	head string
}

// Canonicalize returns the canonical form of a request whose signature covers
// signedHeaders, given in lower case and in the order of the signature. It
// accepts requests of both clients and servers, and doesn't read the body. It
// returns an error if the path or the query is malformed, or if the request
// doesn't have each of the headers exactly once.
func Canonicalize(r *http.Request, signedHeaders []string) (CanonicalRequest, error) {
	path, err := canonicalPath(r.URL.EscapedPath())
	if err != nil {
		return CanonicalRequest{}, err
	}
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return CanonicalRequest{}, err
	}
	headers, err := canonicalHeaders(r, signedHeaders)
	if err != nil {
		return CanonicalRequest{}, err
	}
	return CanonicalRequest{
		date: r.Header.Get(DateHeader),
		head: r.Method + "\n" + path + "\n" + query + "\n" + headers + "\n" + strings.Join(signedHeaders, ";") + "\n",
	}, nil
}

// Sign returns the signature of a request with the given body, in lower-case
// hexadecimal digits.
func (c CanonicalRequest) Sign(secretKey string, body []byte) string {
	stringToSign := Scheme + "\n" + c.date + "\n" + hexHash([]byte(c.head+hexHash(body)))
	mac := hmac.New(sha256.New, []byte(secretKey))
	mac.Write([]byte(stringToSign))
	return hex.EncodeToString(mac.Sum(nil))
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
