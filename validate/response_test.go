package validate_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/validate"
)

const responseDocument = `
openapi: 3.0.3
info: { title: Responses, version: "1" }
paths:
  /things:
    get:
      operationId: listThings
      responses:
        "200":
          description: Fine
          headers: { X-Count: { required: true, schema: { type: integer } } }
          content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer }, secret: { type: string, writeOnly: true } } } } }
        "204": { description: Done }
`

func responseOperation(t testing.TB) *validate.Operation {
	t.Helper()
	v, err := validate.New(load(t, responseDocument), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v.Operations()[0]
}

var responseCases = []struct {
	name, count, contentType, body string
	status                         int
	want                           validate.Violation
}{
	{"valid", "1", "application/json", `{"id":1}`, 200, validate.Violation{}},
	{"empty", "", "", ``, 204, validate.Violation{}},
	{"undocumented status", "1", "application/json", `{"id":1}`, 202, validate.Violation{In: validate.Status, Keyword: "status"}},
	{"undocumented media type", "1", "text/plain", `{"id":1}`, 200, validate.Violation{In: validate.Header, Field: "Content-Type", Keyword: "mediaType"}},
	{"missing header", "", "application/json", `{"id":1}`, 200, validate.Violation{In: validate.Body, Keyword: "response"}},
	{"member missing", "1", "application/json", `{}`, 200, validate.Violation{In: validate.Body, Field: "/id", Keyword: "required"}},
	{"member of another type", "1", "application/json", `{"id":"` + canary + `"}`, 200, validate.Violation{In: validate.Body, Field: "/id", Keyword: "type"}},
	{"write-only member", "1", "application/json", `{"id":1,"secret":"` + canary + `"}`, 200, validate.Violation{In: validate.Body, Field: "/secret", Keyword: "writeOnly"}},
	{"invalid JSON", "1", "application/json", `{` + canary, 200, validate.Violation{In: validate.Body, Keyword: "response"}},
}

func TestCheckResponse(t *testing.T) {
	o := responseOperation(t)
	for _, tt := range responseCases {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{"Content-Type": {tt.contentType}}
			if tt.count != "" {
				header.Set("X-Count", tt.count)
			}
			err := o.CheckResponse(newRequest(t, http.MethodGet, "", http.NoBody), tt.status, header, []byte(tt.body))
			if tt.want == (validate.Violation{}) {
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
				return
			}
			wantViolations(t, err, validate.BadResponse, tt.want)
		})
	}
}

func TestResponsesReportsOrEnforces(t *testing.T) {
	o := responseOperation(t)
	for _, mode := range []validate.ResponseMode{validate.Report, validate.Enforce} {
		var reported []error
		v := &validate.Responses{Mode: mode, OnViolation: func(_ *http.Request, err error) { reported = append(reported, err) }}
		invalid := 0
		for _, tt := range responseCases {
			recorder := httptest.NewRecorder()
			w := v.Writer(o, newRequest(t, http.MethodGet, "", http.NoBody), recorder)
			w.Header().Set("Content-Type", tt.contentType)
			if tt.count != "" {
				w.Header().Set("X-Count", tt.count)
			}
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
			err := w.Finish()
			isInvalid := tt.want != (validate.Violation{})
			if isInvalid {
				invalid++
			}
			if (err != nil) != isInvalid {
				t.Errorf("mode %d, %s: got %v", mode, tt.name, err)
			}
			status, body := tt.status, tt.body
			if isInvalid && mode == validate.Enforce {
				status, body = http.StatusInternalServerError, ""
			}
			if recorder.Code != status || recorder.Body.String() != body {
				t.Errorf("mode %d, %s: got %d %q, want %d %q", mode, tt.name, recorder.Code, recorder.Body, status, body)
			}
		}
		checked, counted, unchecked := v.Counts()
		if len(reported) != invalid || int(counted) != invalid || int(checked) != len(responseCases) || unchecked != 0 {
			t.Errorf("mode %d: got %d calls of OnViolation, %d invalid of %d checked, %d unchecked", mode, len(reported), counted, checked, unchecked)
		}
	}
}

func TestFlushSendsOnlyUnbufferedResponses(t *testing.T) {
	for mode, want := range map[validate.ResponseMode]int{validate.Report: http.StatusAccepted, validate.Enforce: http.StatusInternalServerError} {
		recorder := httptest.NewRecorder()
		w := (&validate.Responses{Mode: mode}).Writer(responseOperation(t), newRequest(t, http.MethodGet, "", http.NoBody), recorder)
		w.WriteHeader(http.StatusAccepted)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Fatal(err)
		}
		if recorder.Flushed != (mode == validate.Report) {
			t.Errorf("mode %d: got flushed %t", mode, recorder.Flushed)
		}
		if err := w.Finish(); err == nil || recorder.Code != want {
			t.Errorf("mode %d: got %v, %d, want %d", mode, err, recorder.Code, want)
		}
	}
}

func TestResponsesPassesLongBodiesUnchecked(t *testing.T) {
	for _, mode := range []validate.ResponseMode{validate.Report, validate.Enforce} {
		v := &validate.Responses{Mode: mode, MaxBody: 10}
		recorder := httptest.NewRecorder()
		w := v.Writer(responseOperation(t), newRequest(t, http.MethodGet, "", http.NoBody), recorder)
		for range 3 {
			if _, err := w.Write([]byte("123456")); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish(); err != nil || recorder.Body.String() != strings.Repeat("123456", 3) {
			t.Errorf("mode %d: got %v, %q", mode, err, recorder.Body)
		}
		if checked, _, unchecked := v.Counts(); checked != 0 || unchecked != 1 {
			t.Errorf("mode %d: got %d checked, %d unchecked", mode, checked, unchecked)
		}
	}
}

func TestAuthenticateRunsBeforeTheBodyIsRead(t *testing.T) {
	type key struct{}
	text := strings.Replace(document, "security: [{ key: [] }]", "security: [{ key: [] }, { token: [write] }]", 1)
	text = strings.Replace(text, "  securitySchemes:\n", "  securitySchemes:\n    token: { type: http, scheme: bearer }\n", 1)
	errInvalidKey := errors.New("invalid key")
	for _, tt := range []struct {
		name  string
		valid string
		ok    bool
	}{{"first alternative", "key", true}, {"second alternative", "token", true}, {"none", "", false}} {
		t.Run(tt.name, func(t *testing.T) {
			fallbacks := 0
			v, err := validate.New(load(t, text), validate.Options{Authenticate: func(ctx context.Context, r *http.Request, c validate.Credentials) error {
				fallbacks++
				if ctx.Value(key{}) == nil || r.Body == nil || c.Scheme == nil || c.Name == "token" && !slices.Equal(c.Scopes, []string{"write"}) {
					t.Errorf("Authenticate got %+v with context %v", c, ctx)
				}
				if c.Name != tt.valid {
					return errInvalidKey
				}
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range v.Operations() {
				if o.ID != "createThing" {
					continue
				}
				r := postJSON(t, `{"text":1}`)
				r = r.WithContext(context.WithValue(r.Context(), key{}, 1))
				err := o.Check(r, nil)
				if tt.ok {
					wantViolations(t, err, validate.Invalid, validate.Violation{In: validate.Body, Field: "/text", Keyword: "type"})
					return
				}
				wantViolations(t, err, validate.Unauthenticated, validate.Violation{In: validate.Header, Keyword: "security"})
				if !errors.Is(err, errInvalidKey) || fallbacks != 2 {
					t.Errorf("got %v after %d calls, want the error of Authenticate after 2", err, fallbacks)
				}
			}
		})
	}
}

func TestLaxJSONAcceptsWhatEncodingJSONAccepts(t *testing.T) {
	o := operations(t, validate.Options{LaxJSON: true})["createThing"]
	for _, body := range []string{`{"count":"x","count":1}`, `{} {}`, `{"text":"\ud800"}`, `{"text":"\u0000"}`} {
		if err := o.Check(postJSON(t, body), nil); err != nil {
			t.Errorf("%s: got %v, want nil", body, err)
		}
	}
	wantViolations(t, o.Check(postJSON(t, `{"count":1,"count":"x"}`), nil), validate.Invalid, validate.Violation{In: validate.Body, Field: "/count", Keyword: "type"})
	wantViolations(t, o.Check(postJSON(t, `{`), nil), validate.Invalid, validate.Violation{In: validate.Body, Keyword: "type"})
}
