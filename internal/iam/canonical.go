package iam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/peering/peering/internal/peering"
)

// DefaultMaxBody is how many bytes the body of a signed request may have.
const DefaultMaxBody = 64 << 10

// ErrBodyTooLarge is the cause of the error about a signed request whose body is larger than File.MaxBody.
var ErrBodyTooLarge = errors.New("the body of a signed request is too large")

// canonicalHead answers what is signed of a request, up to the hash of its body: the method, the path, the query, the signed
// headers and their names, a line each. Paths and queries are decoded and escaped anew, since clients escape differently from
// what they sign.
func canonicalHead(r *http.Request, signed []string) (string, error) {
	path, err := canonicalPath(r.URL.EscapedPath())
	if err != nil {
		return "", err
	}
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	headers, err := canonicalHeaders(r, signed)
	if err != nil {
		return "", err
	}
	return r.Method + "\n" + path + "\n" + query + "\n" + headers + "\n" + strings.Join(signed, ";") + "\n", nil
}

// canonicalPath decodes each segment by itself: an escaped slash is not one between segments.
func canonicalPath(escaped string) (string, error) {
	segments := strings.Split(strings.TrimSuffix(escaped, "/"), "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return "", errors.New("the path is not well escaped")
		}
		segments[i] = escape(decoded)
	}
	return strings.Join(segments, "/") + "/", nil
}

// canonicalQuery orders parameters by their names and then by their values, as they are before they are escaped. A parameter
// without a value has an empty one.
func canonicalQuery(raw string) (string, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", errors.New("the query is not well escaped")
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&"), nil
}

// canonicalHeaders answers a line for each signed header, which the request has to have exactly once. The server took the
// spaces around its value away, as clients do before they sign.
func canonicalHeaders(r *http.Request, signed []string) (string, error) {
	var lines strings.Builder
	for _, name := range signed {
		values := r.Header[http.CanonicalHeaderKey(name)]
		if name == "host" {
			values = []string{r.Host} // the server took it out of the headers
		}
		if len(values) != 1 {
			return "", fmt.Errorf("a signed header that the request has %d times", len(values))
		}
		lines.WriteString(name + ":" + values[0] + "\n")
	}
	return lines.String(), nil
}

// escape escapes all bytes but those that RFC 3986 calls unreserved.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// takeBody reads the body of a request and puts it back for those who come after.
func takeBody(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	tooLarge := &peering.Error{
		Code:    peering.Invalid,
		Message: fmt.Sprintf("The request body is larger than %d bytes.", limit),
		Err:     ErrBodyTooLarge,
	}
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, &peering.Error{Code: peering.Invalid, Message: "The request body can't be read.", Err: err}
	}
	if int64(len(body)) > limit {
		return nil, tooLarge
	}
	r.Body = readAgain{bytes.NewReader(body), r.Body}
	return body, nil
}

// readAgain is a body that was read, with the means to close it.
type readAgain struct {
	io.Reader
	io.Closer
}
