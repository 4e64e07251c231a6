package clienttest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	api "github.com/peering/peering/gen/server"
)

// An operation of the contract.
type operation struct {
	id string
	// pattern is its pattern for http.ServeMux.
	pattern string
}

// contractOperations returns the operations of the contract.
func contractOperations() ([]operation, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	var operations []operation
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			operations = append(operations, operation{id: o.OperationID, pattern: method + " " + path})
		}
	}
	return operations, nil
}

// faultInjector is a middleware that counts requests by operation and applies
// injected faults to them. It is safe for concurrent use.
type faultInjector struct {
	next   http.Handler
	routes *http.ServeMux
	// operationIDs maps the patterns of routes to operationIds.
	operationIDs map[string]string

	mu       sync.Mutex
	injected []*injectedFault
	counts   map[string]int // requests by operationId
}

// injectedFault is a fault for the next requests of an operation.
type injectedFault struct {
	operationID string // "" for every operation
	remaining   int
	fault       Fault
}

func newFaultInjector(next http.Handler, operations []operation) *faultInjector {
	f := &faultInjector{
		next:         next,
		routes:       http.NewServeMux(),
		operationIDs: map[string]string{},
		counts:       map[string]int{},
	}
	for _, o := range operations {
		f.routes.Handle(o.pattern, http.NotFoundHandler()) // only the pattern is used
		f.operationIDs[o.pattern] = o.id
	}
	return f
}

// ServeHTTP implements http.Handler.
func (f *faultInjector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := f.routes.Handler(r)
	next := f.next
	if fault := f.take(f.operationIDs[pattern]); fault != nil {
		next = fault(next)
	}
	next.ServeHTTP(w, r)
}

// take counts a request and returns its fault, nil if there is none.
func (f *faultInjector) take(operationID string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[operationID]++
	for i, injected := range f.injected {
		if injected.operationID != "" && injected.operationID != operationID {
			continue
		}
		if injected.remaining--; injected.remaining <= 0 {
			f.injected = slices.Delete(f.injected, i, i+1)
		}
		return injected.fault
	}
	return nil
}

func (f *faultInjector) inject(operationID string, n int, fault Fault) error {
	ids := slices.Sorted(maps.Values(f.operationIDs))
	if operationID != "" && !slices.Contains(ids, operationID) {
		return fmt.Errorf("the contract has no operation %q, only %s", operationID, strings.Join(ids, ", "))
	}
	if n < 1 {
		return fmt.Errorf("a fault must apply to at least 1 request, got %d", n)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.injected = append(f.injected, &injectedFault{operationID: operationID, remaining: n, fault: fault})
	return nil
}

func (f *faultInjector) requests(operationID string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if operationID != "" {
		return f.counts[operationID]
	}
	total := 0
	for _, n := range f.counts {
		total += n
	}
	return total
}
