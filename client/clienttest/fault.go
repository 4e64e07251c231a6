package clienttest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	api "github.com/peering/peering/gen/server"
)

// A Fault comes over a request on its way to the service, which is next.
type Fault func(next http.Handler) http.Handler

// Delay lets the service see a request after d only, or not at all where the client has given up by then.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			takeBody(r)
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

// Hang answers nothing until the client gives up. The service sees nothing.
func Hang() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			takeBody(r)
			<-r.Context().Done()
		})
	}
}

// takeBody reads the body of a request, which stays to be read. Until it is read, net/http does not see a client give up.
func takeBody(r *http.Request) {
	body, _ := io.ReadAll(r.Body) // of a body that does not come to its end the service gets the beginning
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// HangAfter lets the service carry a request out, and then answers nothing until the client gives up.
func HangAfter() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			<-r.Context().Done()
		})
	}
}

// Status answers a status without a body, as a proxy may, with a Retry-After unless that is 0. The service sees nothing.
func Status(status int, retryAfter time.Duration) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, retryAfter) })
	}
}

// StatusAfter lets the service carry a request out, and then answers as Status does.
func StatusAfter(status int, retryAfter time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			refuse(w, status, retryAfter)
		})
	}
}

func refuse(w http.ResponseWriter, status int, retryAfter time.Duration) {
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	w.WriteHeader(status)
}

// Reset resets the connection. The service sees nothing.
func Reset() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reset(w) })
	}
}

// ResetAfter lets the service carry a request out, and then resets the connection.
func ResetAfter() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			reset(w)
		})
	}
}

// reset ends the connection as a crash does.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http closes the connection then, which is as good
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the connection ends in an orderly way, which a client sees, too
	}
	_ = conn.Close()
}

// Truncate lets the service carry a request out, and ends the connection in the middle of its answer. An answer without a
// body is lost as a whole.
func Truncate() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			whole := httptest.NewRecorder()
			next.ServeHTTP(whole, r)
			if whole.Body.Len() == 0 {
				panic(http.ErrAbortHandler)
			}
			send(w, whole, whole.Body.Bytes()[:whole.Body.Len()/2], whole.Body.Len())
			panic(http.ErrAbortHandler)
		})
	}
}

// Shorten lets the service carry a request out, and passes on the first half of its answer as if it were the whole.
func Shorten() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			whole := httptest.NewRecorder()
			next.ServeHTTP(whole, r)
			half := whole.Body.Bytes()[:whole.Body.Len()/2]
			send(w, whole, half, len(half))
		})
	}
}

// send passes on an answer with a body of its own.
func send(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte, length int) {
	for name, values := range answer.Header() {
		w.Header()[name] = slices.Clone(values)
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(answer.Code)
	_, _ = bytes.NewReader(body).WriteTo(w) // who does not read on is gone
	_ = http.NewResponseController(w).Flush()
}

// operation is one of the contract's.
type operation struct {
	id, pattern string
}

// contractOperations answers the operations of the contract.
func contractOperations() ([]operation, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	var all []operation
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			all = append(all, operation{id: o.OperationID, pattern: method + " " + path})
		}
	}
	return all, nil
}

// faults stands in front of a service.
type faults struct {
	next   http.Handler
	routes *http.ServeMux
	// operations are the operationIds by the patterns of the routes.
	operations map[string]string

	mu      sync.Mutex
	waiting []*waiting
	seen    map[string]int
}

// waiting is a fault for some requests to come.
type waiting struct {
	operation string
	times     int
	fault     Fault
}

func newFaults(next http.Handler, operations []operation) *faults {
	f := &faults{next: next, routes: http.NewServeMux(), operations: map[string]string{}, seen: map[string]int{}}
	for _, o := range operations {
		f.routes.Handle(o.pattern, http.NotFoundHandler()) // it only finds the pattern
		f.operations[o.pattern] = o.id
	}
	return f
}

// ServeHTTP sends a request on through the fault that waits for it.
func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := f.routes.Handler(r)
	next := f.next
	if fault := f.take(f.operations[pattern]); fault != nil {
		next = fault(next)
	}
	next.ServeHTTP(w, r)
}

func (f *faults) take(operationID string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[operationID]++
	for i, w := range f.waiting {
		if w.operation != "" && w.operation != operationID {
			continue
		}
		if w.times--; w.times <= 0 {
			f.waiting = slices.Delete(f.waiting, i, i+1)
		}
		return w.fault
	}
	return nil
}

func (f *faults) inject(operationID string, times int, fault Fault) error {
	known := slices.Sorted(maps.Values(f.operations))
	if operationID != "" && !slices.Contains(known, operationID) {
		return fmt.Errorf("the contract has no operation %q; it has %s", operationID, strings.Join(known, ", "))
	}
	if times < 1 {
		return fmt.Errorf("a fault that comes %d times", times)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, &waiting{operation: operationID, times: times, fault: fault})
	return nil
}

func (f *faults) requests(operationID string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if operationID != "" {
		return f.seen[operationID]
	}
	all := 0
	for _, n := range f.seen {
		all += n
	}
	return all
}
