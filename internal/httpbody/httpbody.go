// Package httpbody reads the body of an HTTP request into memory once, so that
// signature check, validation and binding share the same bytes.
package httpbody

import (
	"io"
	"math"
	"net/http"
	"slices"
)

// minRead is the smallest free space, in bytes, that a buffer grows by.
const minRead = 512

// A Body is a request body in memory. It is not safe for concurrent use.
type Body struct {
	data   []byte
	offset int
	// source is the original body, and err the reason why data is not all of it.
	source io.ReadCloser
	err    error
	// small holds a short body, so that a Body takes one allocation.
	small [192]byte
}

// embedded is satisfied by *Body and by every type that embeds one.
type embedded interface{ httpBody() *Body }

func (b *Body) httpBody() *Body { return b }

// Read reads the body of r, at most limit bytes, and replaces r.Body by the
// result and r.ContentLength by its length. An empty body becomes
// http.NoBody. If r.Body is a *Body already, or a type that embeds one, Read
// returns it rewound to its start.
//
// The error is an *http.MaxBytesError if the body, or its Content-Length, is
// larger than limit, and the error of the original body if that fails. Later
// calls return the same error. r.Body still yields the whole body then: the
// bytes read so far, followed by the rest of the original.
func Read(r *http.Request, limit int64) (*Body, error) {
	return ReadInto(nil, r, limit)
}

// ReadInto is Read for a Body that is part of a larger value: unless r.Body is
// a *Body already, the result is b, which must be zero. A nil b is allocated.
func ReadInto(b *Body, r *http.Request, limit int64) (*Body, error) {
	if body, ok := r.Body.(embedded); ok {
		return body.httpBody().reread(limit)
	}
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	if b == nil {
		b = new(Body)
	}
	if r.Body == nil || r.Body == http.NoBody {
		return b, nil
	}
	b.source, r.Body = r.Body, b
	if b.err = b.fill(r.ContentLength, limit); b.err != nil {
		return nil, b.err
	}
	r.ContentLength = int64(len(b.data))
	if len(b.data) == 0 {
		r.Body = http.NoBody
	}
	return b, nil
}

// reread returns a body that was read before, from its start.
func (b *Body) reread(limit int64) (*Body, error) {
	if b.err != nil {
		return nil, b.err
	}
	if int64(len(b.data)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	b.offset = 0
	return b, nil
}

// fill reads the source up to its end or one byte over the limit. length is its
// expected length, -1 if unknown. One more byte of buffer is needed to see the end.
func (b *Body) fill(length, limit int64) error {
	limit = min(limit, math.MaxInt64-1)
	b.data = b.small[:0]
	if length >= int64(len(b.small)) {
		b.data = make([]byte, 0, length+1)
	}
	for int64(len(b.data)) <= limit {
		if len(b.data) == cap(b.data) {
			b.data = slices.Grow(b.data, minRead)
		}
		free := b.data[len(b.data):min(int64(cap(b.data)), limit+1)]
		n, err := b.source.Read(free)
		b.data = b.data[:len(b.data)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if int64(len(b.data)) > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	return nil
}

// Bytes returns the whole body, which the caller must not change. The slice
// stays valid.
func (b *Body) Bytes() []byte { return b.data }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if b.offset < len(b.data) {
		n := copy(p, b.data[b.offset:])
		b.offset += n
		return n, nil
	}
	if b.err == nil {
		return 0, io.EOF
	}
	return b.source.Read(p)
}

// Close closes the original body. Bytes and Read still work.
func (b *Body) Close() error {
	if b.source == nil {
		return nil
	}
	return b.source.Close()
}
