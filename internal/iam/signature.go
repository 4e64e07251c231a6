package iam

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/peering/peering/internal/httpbody"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/internal/signature"
)

const (
	// DefaultMaxBody is the default of File.MaxBody, in bytes.
	DefaultMaxBody = 64 << 10

	// maxClockSkew is the maximum difference, either way, between the date of a
	// signed request and now.
	maxClockSkew = 15 * time.Minute
)

// verifySignature returns the owner of the access key that signed a request.
//
// Any headers may be signed, in any order, as long as the date is among them:
// SDKs differ in this. The hash of the body is always computed from the body,
// so X-Sdk-Content-Sha256 can't exempt it (UNSIGNED-PAYLOAD). A signed request
// can be replayed while its date is valid.
func (f *File) verifySignature(r *http.Request) (peering.Caller, error) {
	values := r.Header[authorizationHeader]
	if len(values) > 1 {
		return peering.Caller{}, unauthenticated("there are %d headers %s", len(values), authorizationHeader)
	}
	authorization, err := signature.ParseAuthorization(values[0])
	if err != nil {
		return peering.Caller{}, unauthenticated("%s: %w", authorizationHeader, err)
	}
	if err := checkDate(r, f.now()); err != nil {
		return peering.Caller{}, unauthenticated("%w", err)
	}
	canonical, err := signature.Canonicalize(r, authorization.SignedHeaders)
	if err != nil {
		return peering.Caller{}, unauthenticated("%w", err)
	}
	// An unknown access key takes the same path as a known one up to the end, so
	// that neither errors nor timing reveal which keys exist.
	body, err := readBody(r, f.MaxBody)
	if err != nil {
		return peering.Caller{}, err
	}
	entry, known := f.current.Load().accessKeys[authorization.AccessKey]
	if !known {
		entry = f.decoy
	}
	valid := hmac.Equal([]byte(authorization.Signature), []byte(canonical.Sign(entry.secretKey, body)))
	switch {
	case !known:
		return peering.Caller{}, unauthenticated("the access key is not listed")
	case !valid:
		return peering.Caller{}, unauthenticated("the signature of user %q in project %s doesn't match",
			entry.caller.User, entry.caller.Project)
	}
	return entry.caller, nil
}

// checkDate checks the date of a signed request.
func checkDate(r *http.Request, now time.Time) error {
	values := r.Header[signature.DateHeader]
	if len(values) != 1 {
		return fmt.Errorf("there are %d headers %s, not one", len(values), signature.DateHeader)
	}
	date, err := time.Parse(signature.DateFormat, values[0])
	if err != nil {
		return fmt.Errorf("%s is not of the form %s", signature.DateHeader, signature.DateFormat)
	}
	if skew := now.Sub(date); skew.Abs() > maxClockSkew {
		return fmt.Errorf("the date is off by %s, more than %s", skew.Round(time.Second), maxClockSkew)
	}
	return nil
}

// readBody returns the body of a request, which stays readable.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := httpbody.Read(r, limit)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &peering.Error{
			Code:    peering.Invalid,
			Message: fmt.Sprintf("The request body is larger than %d bytes.", limit),
			Err:     err,
		}
	}
	if err != nil {
		return nil, &peering.Error{Code: peering.Invalid, Message: "The request body can't be read.", Err: err}
	}
	return body.Bytes(), nil
}
