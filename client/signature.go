package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// signer signs each attempt with a secret key on its way to next, as API gateways whose SDKs say SDK-HMAC-SHA256 want it: the
// method, the path, the query, the host, the date, what the caller's headers say, and the bytes of the body.
type signer struct {
	next                 func(*http.Request) (*http.Response, error)
	accessKey, secretKey string
	now                  func() time.Time
}

// signedHeaders are signed where a request has them, beside the host and the date. All others may be set on the way.
var signedHeaders = []string{"Content-Type", "Idempotency-Key", "X-Project-Id"}

const (
	signatureScheme = "SDK-HMAC-SHA256"
	dateHeader      = "X-Sdk-Date"
)

// do sends a request that is the signer's own to change.
func (s signer) do(r *http.Request) (*http.Response, error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, fmt.Errorf("read the body to sign it: %w", err)
	}
	r.Header.Set(dateHeader, s.now().UTC().Format("20060102T150405Z"))
	r.Header.Set("Authorization", s.authorization(r, body))
	return s.next(r)
}

// bodyOf answers the body of a request, which stays to be sent.
func bodyOf(r *http.Request) ([]byte, error) {
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

// authorization answers the header Authorization for a request that has its date.
func (s signer) authorization(r *http.Request, body []byte) string {
	lines := []string{"host:" + hostOf(r), strings.ToLower(dateHeader) + ":" + r.Header.Get(dateHeader)}
	for _, name := range signedHeaders {
		if value := r.Header.Get(name); value != "" {
			lines = append(lines, strings.ToLower(name)+":"+strings.TrimSpace(value))
		}
	}
	slices.Sort(lines)
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i], _, _ = strings.Cut(line, ":")
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{
		r.Method, canonicalPath(r.URL), canonicalQuery(r.URL), strings.Join(lines, "\n") + "\n", signed, hexSum(body),
	}, "\n")
	mac := hmac.New(sha256.New, []byte(s.secretKey))
	mac.Write([]byte(signatureScheme + "\n" + r.Header.Get(dateHeader) + "\n" + hexSum([]byte(canonical))))
	return fmt.Sprintf("%s Access=%s, SignedHeaders=%s, Signature=%s", signatureScheme, s.accessKey, signed, hex.EncodeToString(mac.Sum(nil)))
}

// hostOf answers the host that goes to the server.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// canonicalPath answers the path with each segment escaped and a slash at its end.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(strings.TrimSuffix(u.EscapedPath(), "/"), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil { // EscapedPath answers nothing else
			segments[i] = escape(plain)
		}
	}
	return strings.Join(segments, "/") + "/"
}

// canonicalQuery answers the query ordered by names and then by values.
func canonicalQuery(u *url.URL) string {
	query := u.Query()
	var pairs [][2]string
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	texts := make([]string, len(pairs))
	for i, pair := range pairs {
		texts[i] = escape(pair[0]) + "=" + escape(pair[1])
	}
	return strings.Join(texts, "&")
}

// escape escapes all bytes but those that RFC 3986 calls unreserved.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
