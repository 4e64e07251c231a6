package clienttest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"time"
)

// A Fault is a middleware that disturbs a request on its way to the service,
// next, or the response on its way back.
type Fault func(next http.Handler) http.Handler

// Delay delivers the request to the service after d. It does not deliver the
// request at all if the client disconnects first.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			bufferRequestBody(r)
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		})
	}
}

// Hang does not respond until the client disconnects. The request does not reach
// the service.
func Hang() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			bufferRequestBody(r)
			<-r.Context().Done()
		})
	}
}

// bufferRequestBody reads the body of a request and replaces it with a copy:
// net/http detects that a client disconnects only once the body has been read.
func bufferRequestBody(r *http.Request) {
	body, _ := io.ReadAll(r.Body) // the service gets what has arrived of an incomplete body
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// HangAfter lets the service process the request, then does not respond until
// the client disconnects.
func HangAfter() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			<-r.Context().Done()
		})
	}
}

// Status responds with a status and no body, as a proxy might, and with a
// Retry-After header, in whole seconds, unless retryAfter is 0. The request does
// not reach the service.
func Status(status int, retryAfter time.Duration) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeStatus(w, status, retryAfter) })
	}
}

// StatusAfter lets the service process the request, then responds like Status.
func StatusAfter(status int, retryAfter time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			writeStatus(w, status, retryAfter)
		})
	}
}

func writeStatus(w http.ResponseWriter, status int, retryAfter time.Duration) {
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	w.WriteHeader(status)
}

// Reset resets the connection. The request does not reach the service.
func Reset() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { resetConnection(w) })
	}
}

// ResetAfter lets the service process the request, then resets the connection.
func ResetAfter() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			resetConnection(w)
		})
	}
}

// resetConnection closes the connection with a TCP reset, as a crash does.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http closes the connection, which is good enough
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // Close sends a reset instead of an orderly shutdown
	}
	_ = conn.Close()
}

// Truncate lets the service process the request, then closes the connection in
// the middle of the response body. A response without a body is lost.
func Truncate() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			next.ServeHTTP(recorder, r)
			if recorder.Body.Len() == 0 {
				panic(http.ErrAbortHandler)
			}
			writeResponse(w, recorder, recorder.Body.Bytes()[:recorder.Body.Len()/2], recorder.Body.Len())
			panic(http.ErrAbortHandler)
		})
	}
}

// Shorten lets the service process the request, then responds with the first half
// of the response body as if it were complete.
func Shorten() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			next.ServeHTTP(recorder, r)
			half := recorder.Body.Bytes()[:recorder.Body.Len()/2]
			writeResponse(w, recorder, half, len(half))
		})
	}
}

// writeResponse writes a recorded response with another body and Content-Length.
func writeResponse(w http.ResponseWriter, recorded *httptest.ResponseRecorder, body []byte, length int) {
	for name, values := range recorded.Header() {
		w.Header()[name] = slices.Clone(values)
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(recorded.Code)
	_, _ = bytes.NewReader(body).WriteTo(w) // fails only if the client has disconnected
	_ = http.NewResponseController(w).Flush()
}
