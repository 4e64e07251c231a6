package httpbody_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/peering/peering/internal/httpbody"
)

const limit = 1000

// source is an original body that records whether it was closed.
type source struct {
	io.Reader
	closed bool
}

func (s *source) Close() error {
	s.closed = true
	return nil
}

// request returns a request with the body and, unless it is -1, a Content-Length.
func request(t *testing.T, body io.Reader, length int64) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.ContentLength = &source{Reader: body}, length
	return r
}

// wantBody checks that r has the body want, both in memory and to be read.
func wantBody(t *testing.T, r *http.Request, body *httpbody.Body, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatalf("got error %v, want nil", err)
	}
	if string(body.Bytes()) != want {
		t.Errorf("got bytes %.50q, want %.50q", body.Bytes(), want)
	}
	if r.ContentLength != int64(len(want)) {
		t.Errorf("got content length %d, want %d", r.ContentLength, len(want))
	}
	if data, err := io.ReadAll(r.Body); err != nil || string(data) != want {
		t.Errorf("read %.50q, %v, want %.50q", data, err, want)
	}
}

func wantTooLarge(t *testing.T, err error, limit int64) {
	t.Helper()
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); !ok || tooLarge.Limit != limit {
		t.Fatalf("got error %#v, want an http.MaxBytesError with limit %d", err, limit)
	}
}

func TestReadReturnsTheBody(t *testing.T) {
	for _, size := range []int{1, 191, 192, 193, 600, limit} {
		text := strings.Repeat("x", size)
		for name, r := range map[string]*http.Request{
			"known length":       request(t, strings.NewReader(text), int64(size)),
			"unknown length":     request(t, strings.NewReader(text), -1),
			"understated length": request(t, strings.NewReader(text), 1),
			"byte by byte":       request(t, iotest.OneByteReader(strings.NewReader(text)), int64(size)),
			"end with the data":  request(t, iotest.DataErrReader(strings.NewReader(text)), int64(size)),
		} {
			t.Run(fmt.Sprintf("%s, %d bytes", name, size), func(t *testing.T) {
				body, err := httpbody.Read(r, limit)
				wantBody(t, r, body, err, text)
			})
		}
	}
}

func TestReadReadsTheSourceOnce(t *testing.T) {
	r := request(t, strings.NewReader("text"), -1)
	first, err := httpbody.Read(r, limit)
	wantBody(t, r, first, err, "text")
	second, err := httpbody.Read(r, limit)
	wantBody(t, r, second, err, "text")
	if first != second {
		t.Error("got a second Body, want the first")
	}
	_, err = httpbody.Read(r, 3)
	wantTooLarge(t, err, 3)
}

func TestReadFindsEmbeddedBodies(t *testing.T) {
	type embedding struct {
		*httpbody.Body
		own httpbody.Body
	}
	r := request(t, strings.NewReader("text"), 4)
	var e embedding
	var err error
	e.Body, err = httpbody.ReadInto(&e.own, r, limit)
	wantBody(t, r, e.Body, err, "text")
	if e.Body != &e.own {
		t.Error("got another Body than the one given")
	}
	r.Body = &e
	body, err := httpbody.ReadInto(new(httpbody.Body), r, limit)
	wantBody(t, r, body, err, "text")
	if body != &e.own || r.Body != &e {
		t.Error("got another Body than the embedded one")
	}
}

func TestReadLeavesNoBodyForEmptyOnes(t *testing.T) {
	withoutBody := request(t, nil, 0)
	withoutBody.Body = nil
	noBody := request(t, nil, 0)
	noBody.Body = http.NoBody
	for name, r := range map[string]*http.Request{
		"nil": withoutBody, "http.NoBody": noBody, "unknown length": request(t, strings.NewReader(""), -1),
	} {
		t.Run(name, func(t *testing.T) {
			body, err := httpbody.Read(r, limit)
			if err != nil || len(body.Bytes()) != 0 || r.ContentLength != 0 {
				t.Errorf("got %v, length %d, want an empty body", err, r.ContentLength)
			}
			if r.Body != nil && r.Body != http.NoBody {
				t.Errorf("left %T, want no body", r.Body)
			}
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadRefusesLargeBodies(t *testing.T) {
	t.Run("by content length, unread", func(t *testing.T) {
		r := request(t, iotest.ErrReader(errors.New("the body was read")), limit+1)
		for range 2 {
			_, err := httpbody.Read(r, limit)
			wantTooLarge(t, err, limit)
		}
	})
	t.Run("and leaves them whole", func(t *testing.T) {
		text := strings.Repeat("x", limit+1) + strings.Repeat("y", 100)
		for _, reader := range []io.Reader{strings.NewReader(text), iotest.DataErrReader(strings.NewReader(text))} {
			r := request(t, reader, -1)
			for _, larger := range []int64{limit, 2 * limit} {
				_, err := httpbody.Read(r, larger)
				wantTooLarge(t, err, limit)
			}
			if data, err := io.ReadAll(r.Body); err != nil || string(data) != text || r.ContentLength != -1 {
				t.Errorf("read %d bytes, %v, want all %d", len(data), err, len(text))
			}
		}
	})
	t.Run("over an outer limit", func(t *testing.T) {
		r := request(t, nil, -1)
		r.Body = http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("text")), 3)
		_, err := httpbody.Read(r, limit)
		wantTooLarge(t, err, 3)
	})
	t.Run("unless there is no limit", func(t *testing.T) {
		text := strings.Repeat("x", 100<<10)
		r := request(t, strings.NewReader(text), -1)
		body, err := httpbody.Read(r, math.MaxInt64)
		wantBody(t, r, body, err, text)
	})
}

func TestReadReturnsTheErrorOfTheSource(t *testing.T) {
	broken := errors.New("connection reset")
	r := request(t, io.MultiReader(strings.NewReader("te"), iotest.ErrReader(broken)), 4)
	for range 2 {
		if _, err := httpbody.Read(r, limit); !errors.Is(err, broken) {
			t.Errorf("got error %v, want %v", err, broken)
		}
	}
	if data, err := io.ReadAll(r.Body); !errors.Is(err, broken) || string(data) != "te" {
		t.Errorf("read %q, %v, want the part that arrived and the error", data, err)
	}
}

func TestCloseClosesTheSource(t *testing.T) {
	r := request(t, strings.NewReader("text"), 4)
	s, _ := r.Body.(*source)
	body, err := httpbody.Read(r, limit)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil || !s.closed {
		t.Errorf("got %v, closed %v, want a closed source", err, s.closed)
	}
	wantBody(t, r, body, nil, "text")
}

func TestSmallBodiesTakeOneAllocation(t *testing.T) {
	reader := strings.NewReader("")
	r := request(t, nil, 4)
	original := &source{Reader: reader}
	allocations := testing.AllocsPerRun(100, func() {
		reader.Reset("text")
		r.Body, r.ContentLength = original, 4
		if _, err := httpbody.Read(r, limit); err != nil {
			t.Error(err)
		}
	})
	if allocations > 1 {
		t.Errorf("got %v allocations, want 1", allocations)
	}
}
