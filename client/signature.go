package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/peering/peering/internal/signature"
)

// signer signs each attempt with an access key and a secret key before next
// sends it. The signature covers the method, the path, the query, the host, the
// date, signedHeaders and the body.
type signer struct {
	next                 func(*http.Request) (*http.Response, error)
	accessKey, secretKey string
	now                  func() time.Time
}

// signedHeaders are signed if the request has them, in addition to the host and
// the date. Proxies may set or change any other header.
var signedHeaders = []string{"Content-Type", "Idempotency-Key", "X-Project-Id"}

// do signs r, whose headers it changes, and sends it.
func (s signer) do(r *http.Request) (*http.Response, error) {
	body, err := requestBody(r)
	if err != nil {
		return nil, fmt.Errorf("read the body to sign it: %w", err)
	}
	r.Header.Set(signature.DateHeader, s.now().UTC().Format(signature.DateFormat))
	authorization, err := s.authorization(r, body)
	if err != nil {
		return nil, fmt.Errorf("sign the request: %w", err)
	}
	r.Header.Set("Authorization", authorization)
	return s.next(r)
}

// requestBody returns the body of a request and leaves r.Body unread.
func requestBody(r *http.Request) ([]byte, error) {
	if r.GetBody == nil {
		return nil, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(body)
	return data, errors.Join(err, body.Close())
}

// authorization returns the Authorization header for a request that has its
// date.
func (s signer) authorization(r *http.Request, body []byte) (string, error) {
	names := []string{"host", strings.ToLower(signature.DateHeader)}
	for _, name := range signedHeaders {
		if r.Header.Get(name) != "" {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	canonical, err := signature.Canonicalize(r, names)
	if err != nil {
		return "", err
	}
	return signature.Authorization{
		AccessKey:     s.accessKey,
		SignedHeaders: names,
		Signature:     canonical.Sign(s.secretKey, body),
	}.String(), nil
}
