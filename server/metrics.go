package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/peering/peering/validate"
)

// metrics holds the metrics of the API listener. No label has a value that
// callers choose, so the number of series is bounded.
type metrics struct {
	// operations maps "METHOD route" to operation ids.
	operations map[string]string
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	refused    *prometheus.CounterVec
}

// newMetrics returns the metrics of the operations. It registers them if
// registry is not nil.
func newMetrics(operations []*validate.Operation, registry prometheus.Registerer) (*metrics, error) {
	labels := []string{"operation", "method", "status"}
	m := &metrics{
		operations: map[string]string{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "peering_http_requests_total",
			Help: "Requests by operation of the contract, method and status; the operation is none if no operation matches.",
		}, labels),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "peering_http_request_duration_seconds",
			Help:    "Request duration from headers received to response written.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, labels),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "peering_http_refused_total",
			Help: "Requests refused to limit the load, by reason: the project's rate, the project's reads or writes in flight, " +
				"the address's failed authentications, or the server's concurrency limit for reads or writes.",
		}, []string{"reason"}),
	}
	for _, o := range operations {
		m.operations[o.Method+" "+strings.NewReplacer("{", ":", "}", "").Replace(o.Path)] = o.ID
	}
	return m, registerAll(registry, m.requests, m.duration, m.refused)
}

// registerQueue registers the gauges of a queue.
func registerQueue(registry prometheus.Registerer, q *operationQueue) error {
	labels := prometheus.Labels{"kind": q.kind}
	return registerAll(registry, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "peering_http_requests_in_flight", ConstLabels: labels,
		Help: "Requests being processed or waiting in the queue.",
	}, func() float64 { return float64(q.InFlight()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "peering_http_requests_waiting", ConstLabels: labels,
		Help: "Requests waiting in the queue.",
	}, func() float64 { return float64(q.Waiting()) }))
}

func registerAll(registry prometheus.Registerer, collectors ...prometheus.Collector) error {
	if registry == nil {
		return nil
	}
	for _, c := range collectors {
		if err := registry.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// measure counts and times requests. The following handlers must write errors
// themselves.
func (m *metrics) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		err := next(c)
		method := c.Request().Method
		operation, ok := m.operations[method+" "+c.Path()]
		if !ok {
			operation = "none"
			method = methodLabel(method)
		}
		labels := []string{operation, method, strconv.Itoa(c.Response().Status)}
		m.requests.WithLabelValues(labels...).Inc()
		m.duration.WithLabelValues(labels...).Observe(time.Since(start).Seconds())
		return err
	}
}

// methodLabel returns a standard method as it is, and "other" for any other.
func methodLabel(method string) string {
	standard := []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
	if slices.Contains(standard, method) {
		return method
	}
	return "other"
}
