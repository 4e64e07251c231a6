package signature

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// Clients escape the paths and queries that they send in different ways, so
// canonicalPath and canonicalQuery unescape them and escape them again.

// canonicalPath unescapes each segment on its own, so that an escaped slash
// doesn't become a separator.
func canonicalPath(escaped string) (string, error) {
	segments := strings.Split(strings.TrimSuffix(escaped, "/"), "/")
	for i, segment := range segments {
		unescaped, err := url.PathUnescape(segment)
		if err != nil {
			return "", errors.New("the path has an invalid escape")
		}
		segments[i] = escape(unescaped)
	}
	return strings.Join(segments, "/") + "/", nil
}

// canonicalQuery sorts the parameters by their unescaped names, then by their
// unescaped values. A parameter without a value has an empty one.
func canonicalQuery(raw string) (string, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", errors.New("the query is malformed")
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&"), nil
}

// canonicalHeaders returns a line for each signed header.
func canonicalHeaders(r *http.Request, names []string) (string, error) {
	var lines strings.Builder
	for _, name := range names {
		values := r.Header[http.CanonicalHeaderKey(name)]
		if name == "host" {
			values = []string{host(r)}
		}
		if len(values) != 1 {
			return "", fmt.Errorf("the request has a signed header %d times, not once", len(values))
		}
		lines.WriteString(name + ":" + textproto.TrimString(values[0]) + "\n")
	}
	return lines.String(), nil
}

// host returns the value of the Host header, which is not in r.Header. A client
// request without r.Host gets the host of its URL.
func host(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// escape escapes all bytes except the unreserved characters of RFC 3986.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
