package validate_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/peering/peering/validate"
)

// newRequest returns a request to /things. The body can be nil.
func newRequest(t *testing.T, method, contentType string, body io.Reader) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/things", body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// unknownLength hides the length of a text, so that its request has no
// Content-Length.
func unknownLength(text string) io.Reader {
	return io.MultiReader(strings.NewReader(text))
}

func TestCheckAcceptsAbsentBodies(t *testing.T) {
	o := operation(t, "changeThing")
	for _, tt := range []struct{ name, contentType string }{
		{"no content type", ""},
		{"accepted content type", "application/json"},
		{"other content type", "text/html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withoutBody := newRequest(t, http.MethodPatch, tt.contentType, nil)
			withoutBody.Body = nil
			for _, r := range []*http.Request{
				withoutBody,
				newRequest(t, http.MethodPatch, tt.contentType, http.NoBody),
				newRequest(t, http.MethodPatch, tt.contentType, unknownLength("")),
			} {
				if err := o.Check(r, nil); err != nil {
					t.Errorf("got %v, want nil", err)
				}
			}
		})
	}
}

func TestCheckRejectsMissingRequiredBodies(t *testing.T) {
	o := operation(t, "createThing")
	withoutBody := newRequest(t, http.MethodPost, "application/json", nil)
	withoutBody.Body = nil
	for _, tt := range []struct {
		name    string
		request *http.Request
	}{
		{"nil body", withoutBody},
		{"http.NoBody", newRequest(t, http.MethodPost, "application/json", http.NoBody)},
		{"empty", newRequest(t, http.MethodPost, "application/json", strings.NewReader(""))},
		{"empty with unknown length", newRequest(t, http.MethodPost, "application/json", unknownLength(""))},
		{"without a content type", newRequest(t, http.MethodPost, "", http.NoBody)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantViolations(t, o.Check(tt.request, nil), validate.Invalid, validate.Violation{In: validate.Body, Keyword: "required"})
		})
	}
}

func TestCheckAcceptsDeclaredMediaTypes(t *testing.T) {
	byID := operations(t, validate.Options{})
	for _, tt := range []struct{ name, operation, contentType, encoding, body string }{
		{"plain", "createThing", "application/json", "", `{}`},
		{"upper case", "createThing", "Application/JSON", "", `{}`},
		{"with charset UTF-8", "createThing", "application/json; charset=UTF-8", "", `{}`},
		{"with a quoted charset", "createThing", `application/json;charset="utf-8"`, "", `{}`},
		{"with another parameter", "createThing", "application/json; version=2", "", `{}`},
		{"with a trailing semicolon", "createThing", "application/json;", "", `{}`},
		{"identity encoding", "createThing", "application/json", "identity", `{}`},
		{"with suffix +json", "changeThing", "application/merge-patch+json", "", `{"a":null}`},
		{"within a range", "uploadThings", "text/plain", "", "two\x00"},
		{"multipart", "uploadThings", "multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, http.MethodPost, tt.contentType, strings.NewReader(tt.body))
			r.Header.Set("Content-Encoding", tt.encoding)
			if err := byID[tt.operation].Check(r, nil); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestCheckRejectsOtherMediaTypes(t *testing.T) {
	byID := operations(t, validate.Options{})
	for _, tt := range []struct{ name, operation, contentType, encoding, field string }{
		{"absent", "createThing", "", "", "Content-Type"},
		{"other type", "createThing", "text/" + canary, "", "Content-Type"},
		{"type with an accepted prefix", "createThing", "application/json5", "", "Content-Type"},
		{"wildcard", "createThing", "*/*", "", "Content-Type"},
		{"two types", "createThing", "application/json, text/plain", "", "Content-Type"},
		{"malformed", "createThing", "application/json; " + canary, "", "Content-Type"},
		{"malformed within a range", "uploadThings", "text/", "", "Content-Type"},
		{"charset latin1", "createThing", "application/json; charset=latin1", "", "Content-Type"},
		{"empty charset", "createThing", `application/json; charset=""`, "", "Content-Type"},
		{"compressed", "createThing", "application/json", "gzip", "Content-Encoding"},
		{"two encodings", "createThing", "application/json", "identity, gzip", "Content-Encoding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, http.MethodPost, tt.contentType, strings.NewReader(`{}`))
			r.Header.Set("Content-Encoding", tt.encoding)
			err := byID[tt.operation].Check(r, nil)
			wantViolations(t, err, validate.UnsupportedMediaType, validate.Violation{In: validate.Header, Field: tt.field, Keyword: "mediaType"})
		})
	}
}

func TestCheckRejectsUndecodableBodies(t *testing.T) {
	byID := operations(t, validate.Options{})
	for _, tt := range []struct{ name, operation, contentType, body, keyword string }{
		{"JSON", "createThing", "application/json", `{"text":"` + canary, "json"},
		{"JSON by suffix", "changeThing", "application/merge-patch+json", `{} ` + canary, "json"},
		{"multipart without a boundary", "uploadThings", "multipart/form-data", canary, "type"},
		{"truncated multipart", "uploadThings", "multipart/form-data; boundary=b", "--b\r\n" + canary, "type"},
		{"too long text", "uploadThings", "text/plain", canary, "maxLength"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := byID[tt.operation].Check(newRequest(t, http.MethodPost, tt.contentType, strings.NewReader(tt.body)), nil)
			wantViolations(t, err, validate.Invalid, validate.Violation{In: validate.Body, Keyword: tt.keyword})
		})
	}
}

func TestCheckLimitsBodySize(t *testing.T) {
	fill := func(n int) string { return `{}` + strings.Repeat(" ", n-2) }
	for _, tt := range []struct {
		name    string
		maxBody int64
		body    io.Reader
		ok      bool
	}{
		{"exactly the limit", 100, strings.NewReader(fill(100)), true},
		{"one byte over", 100, strings.NewReader(fill(101)), false},
		{"exactly the limit, unknown length", 100, unknownLength(fill(100)), true},
		{"one byte over, unknown length", 100, unknownLength(fill(101)), false},
		{"exactly the default limit", 0, strings.NewReader(fill(64 << 10)), true},
		{"one byte over the default limit", 0, unknownLength(fill(64<<10 + 1)), false},
		{"no limit", math.MaxInt64, unknownLength(fill(200 << 10)), true},
		{"over an outer limit", 100, http.MaxBytesReader(nil, io.NopCloser(unknownLength(fill(60))), 50), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := operations(t, validate.Options{MaxBody: tt.maxBody})["createThing"]
			err := o.Check(newRequest(t, http.MethodPost, "application/json", tt.body), nil)
			switch {
			case !tt.ok:
				wantViolations(t, err, validate.TooLarge, validate.Violation{In: validate.Body, Keyword: "size"})
			case err != nil:
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestCheckDoesNotReadUnneededBodies(t *testing.T) {
	failing := func(n int64) *http.Request {
		r := newRequest(t, http.MethodGet, "application/json", iotest.ErrReader(errors.New("the body was read")))
		r.URL.RawQuery = "token=x"
		r.Header.Set("X-Trace", "t")
		r.Header.Set("Cookie", "session=s")
		r.ContentLength = n
		return r
	}
	t.Run("undeclared body", func(t *testing.T) {
		if err := operation(t, "showThing").Check(failing(-1), validShowRequest().path); err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
	t.Run("Content-Length over the limit", func(t *testing.T) {
		err := operation(t, "createThing").Check(failing(64<<10+1), nil)
		wantViolations(t, err, validate.TooLarge, validate.Violation{In: validate.Body, Keyword: "size"})
	})
}

func TestCheckRejectsBodiesWithReadErrors(t *testing.T) {
	broken := errors.New(canary)
	body := io.MultiReader(strings.NewReader(`{"text":`), iotest.ErrReader(broken))
	err := operation(t, "createThing").Check(newRequest(t, http.MethodPost, "application/json", body), nil)
	wantViolations(t, err, validate.Invalid, validate.Violation{In: validate.Body, Keyword: "read"})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error wrapped", err)
	}
}

func TestCheckLeavesTheBodyReadable(t *testing.T) {
	const body = `{"text":"x","sizes":[{"width":1}]}`
	o := operation(t, "createThing")
	for _, tt := range []struct {
		name string
		body io.Reader
	}{
		{"known length", strings.NewReader(body)},
		{"unknown length", unknownLength(body)},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(body))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, http.MethodPost, "application/json", tt.body)
			if err := o.Check(r, nil); err != nil {
				t.Fatal(err)
			}
			validated, ok := r.Body.(interface{ ValidatedValue() any })
			if !ok {
				t.Fatalf("body %T has no ValidatedValue", r.Body)
			}
			if value, ok := validated.ValidatedValue().(map[string]any); !ok || !reflect.DeepEqual(value["text"], "x") {
				t.Errorf("got value %v, want the decoded body", validated.ValidatedValue())
			}
			if data, err := io.ReadAll(r.Body); string(data) != body || err != nil {
				t.Errorf("read %q, %v, want the body", data, err)
			}
		})
	}
}
