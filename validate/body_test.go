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

// send answers the request of an operation under /things; a nil body is none.
func send(t *testing.T, method, contentType string, body io.Reader) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/things", body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// unsized hides how long a text is, so that its request has no Content-Length.
func unsized(text string) io.Reader {
	return io.MultiReader(strings.NewReader(text))
}

func TestCheckAcceptsAbsentBodies(t *testing.T) {
	o := operation(t, "changeThing")
	for _, tt := range []struct{ name, contentType string }{
		{"no content type", ""},
		{"content type that is taken", "application/json"},
		{"content type that is not taken", "text/html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withoutBody := send(t, http.MethodPatch, tt.contentType, nil)
			withoutBody.Body = nil
			for _, r := range []*http.Request{
				withoutBody,
				send(t, http.MethodPatch, tt.contentType, http.NoBody),
				send(t, http.MethodPatch, tt.contentType, unsized("")),
			} {
				if err := o.Check(r, nil); err != nil {
					t.Errorf("got %v, want nil", err)
				}
			}
		})
	}
}

func TestCheckRefusesAbsentRequiredBodies(t *testing.T) {
	o := operation(t, "createThing")
	withoutBody := send(t, http.MethodPost, "application/json", nil)
	withoutBody.Body = nil
	for _, tt := range []struct {
		name    string
		request *http.Request
	}{
		{"nil", withoutBody},
		{"no body", send(t, http.MethodPost, "application/json", http.NoBody)},
		{"empty", send(t, http.MethodPost, "application/json", strings.NewReader(""))},
		{"empty of unknown length", send(t, http.MethodPost, "application/json", unsized(""))},
		{"no content type either", send(t, http.MethodPost, "", http.NoBody)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refuses(t, o.Check(tt.request, nil), validate.Invalid, validate.Violation{In: validate.Body, Keyword: "required"})
		})
	}
}

func TestCheckAcceptsDeclaredMediaTypes(t *testing.T) {
	byID := operations(t, validate.Options{})
	for _, tt := range []struct{ name, operation, contentType, encoding, body string }{
		{"plain", "createThing", "application/json", "", `{}`},
		{"in another case", "createThing", "Application/JSON", "", `{}`},
		{"with charset UTF-8", "createThing", "application/json; charset=UTF-8", "", `{}`},
		{"with charset quoted", "createThing", `application/json;charset="utf-8"`, "", `{}`},
		{"with another parameter", "createThing", "application/json; version=2", "", `{}`},
		{"with a trailing semicolon", "createThing", "application/json;", "", `{}`},
		{"not encoded", "createThing", "application/json", "identity", `{}`},
		{"with suffix +json", "changeThing", "application/merge-patch+json", "", `{"a":null}`},
		{"of a range", "uploadThings", "text/plain", "", "two\x00"},
		{"multipart", "uploadThings", "multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := send(t, http.MethodPost, tt.contentType, strings.NewReader(tt.body))
			r.Header.Set("Content-Encoding", tt.encoding)
			if err := byID[tt.operation].Check(r, nil); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestCheckRefusesOtherMediaTypes(t *testing.T) {
	byID := operations(t, validate.Options{})
	for _, tt := range []struct{ name, operation, contentType, encoding, field string }{
		{"absent", "createThing", "", "", "Content-Type"},
		{"another", "createThing", "text/" + canary, "", "Content-Type"},
		{"a prefix", "createThing", "application/json5", "", "Content-Type"},
		{"a wildcard", "createThing", "*/*", "", "Content-Type"},
		{"two", "createThing", "application/json, text/plain", "", "Content-Type"},
		{"malformed", "createThing", "application/json; " + canary, "", "Content-Type"},
		{"malformed within a range", "uploadThings", "text/", "", "Content-Type"},
		{"charset latin1", "createThing", "application/json; charset=latin1", "", "Content-Type"},
		{"charset empty", "createThing", `application/json; charset=""`, "", "Content-Type"},
		{"compressed", "createThing", "application/json", "gzip", "Content-Encoding"},
		{"compressed by two", "createThing", "application/json", "identity, gzip", "Content-Encoding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := send(t, http.MethodPost, tt.contentType, strings.NewReader(`{}`))
			r.Header.Set("Content-Encoding", tt.encoding)
			err := byID[tt.operation].Check(r, nil)
			refuses(t, err, validate.UnsupportedMediaType, validate.Violation{In: validate.Header, Field: tt.field, Keyword: "mediaType"})
		})
	}
}

func TestCheckRefusesBodiesThatCantBeDecoded(t *testing.T) {
	byID := operations(t, validate.Options{})
	for _, tt := range []struct{ name, operation, contentType, body, keyword string }{
		{"JSON", "createThing", "application/json", `{"text":"` + canary, "json"},
		{"JSON by suffix", "changeThing", "application/merge-patch+json", `{} ` + canary, "json"},
		{"multipart without a boundary", "uploadThings", "multipart/form-data", canary, "type"},
		{"multipart cut short", "uploadThings", "multipart/form-data; boundary=b", "--b\r\n" + canary, "type"},
		{"text too long", "uploadThings", "text/plain", canary, "maxLength"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := byID[tt.operation].Check(send(t, http.MethodPost, tt.contentType, strings.NewReader(tt.body)), nil)
			refuses(t, err, validate.Invalid, validate.Violation{In: validate.Body, Keyword: tt.keyword})
		})
	}
}

func TestCheckLimitsTheSizeOfBodies(t *testing.T) {
	fill := func(n int) string { return `{}` + strings.Repeat(" ", n-2) }
	for _, tt := range []struct {
		name    string
		maxBody int64
		body    io.Reader
		ok      bool
	}{
		{"exactly the limit", 100, strings.NewReader(fill(100)), true},
		{"one over", 100, strings.NewReader(fill(101)), false},
		{"exactly the limit, unknown length", 100, unsized(fill(100)), true},
		{"one over, unknown length", 100, unsized(fill(101)), false},
		{"exactly the default limit", 0, strings.NewReader(fill(64 << 10)), true},
		{"one over the default limit", 0, unsized(fill(64<<10 + 1)), false},
		{"no limit", math.MaxInt64, unsized(fill(200 << 10)), true},
		{"over an outer limit", 100, http.MaxBytesReader(nil, io.NopCloser(unsized(fill(60))), 50), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := operations(t, validate.Options{MaxBody: tt.maxBody})["createThing"]
			err := o.Check(send(t, http.MethodPost, "application/json", tt.body), nil)
			switch {
			case !tt.ok:
				refuses(t, err, validate.TooLarge, validate.Violation{In: validate.Body, Keyword: "size"})
			case err != nil:
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestCheckDoesNotReadWhatItNeedNot(t *testing.T) {
	fail := func(n int64) *http.Request {
		r := send(t, http.MethodGet, "application/json", iotest.ErrReader(errors.New("the body was read")))
		r.URL.RawQuery = "token=x"
		r.Header.Set("X-Trace", "t")
		r.Header.Set("Cookie", "session=s")
		r.ContentLength = n
		return r
	}
	t.Run("body that is not declared", func(t *testing.T) {
		if err := operation(t, "showThing").Check(fail(-1), validShowing().path); err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
	t.Run("body that says it is too large", func(t *testing.T) {
		err := operation(t, "createThing").Check(fail(64<<10+1), nil)
		refuses(t, err, validate.TooLarge, validate.Violation{In: validate.Body, Keyword: "size"})
	})
}

func TestCheckRefusesBodiesThatFailWhileReading(t *testing.T) {
	broken := errors.New(canary)
	body := io.MultiReader(strings.NewReader(`{"text":`), iotest.ErrReader(broken))
	err := operation(t, "createThing").Check(send(t, http.MethodPost, "application/json", body), nil)
	refuses(t, err, validate.Invalid, validate.Violation{In: validate.Body, Keyword: "read"})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want it to wrap the reader's error", err)
	}
}

func TestCheckLeavesTheBodyBehind(t *testing.T) {
	const body = `{"text":"x","sizes":[{"width":1}]}`
	o := operation(t, "createThing")
	for _, tt := range []struct {
		name string
		body io.Reader
	}{
		{"known length", strings.NewReader(body)},
		{"unknown length", unsized(body)},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(body))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := send(t, http.MethodPost, "application/json", tt.body)
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
			if again, err := io.ReadAll(r.Body); string(again) != body || err != nil {
				t.Errorf("read %q, %v again, want the body", again, err)
			}
		})
	}
}
