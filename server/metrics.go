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

// metrics counts what the API listener does. No label has a value of the caller's: the number of series is bounded.
type metrics struct {
	// operations are the operations' ids by method and route.
	operations map[string]string
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	refused    *prometheus.CounterVec
}

// newMetrics answers the metrics of the operations, registered where there is a registry.
func newMetrics(operations []*validate.Operation, registry prometheus.Registerer) (*metrics, error) {
	labels := []string{"operation", "method", "status"}
	m := &metrics{
		operations: map[string]string{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "peering_http_requests_total",
			Help: "Requests that were answered, by the contract's operation; none stands for paths and methods without one.",
		}, labels),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "peering_http_request_duration_seconds",
			Help:    "How long requests took, from the end of their head to the end of their answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, labels),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "peering_http_refused_total",
			Help: "Requests that were refused for what else was sent: the project's rate, its part of the reads and writes in flight, " +
				"the address' failed authentications, all reads and writes in flight.",
		}, []string{"reason"}),
	}
	for _, o := range operations {
		m.operations[o.Method+" "+strings.NewReplacer("{", ":", "}", "").Replace(o.Path)] = o.ID
	}
	return m, registerAll(registry, m.requests, m.duration, m.refused)
}

// watch shows how full a share is.
func (s *share) watch(registry prometheus.Registerer) error {
	labels := prometheus.Labels{"kind": s.kind}
	return registerAll(registry, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "peering_http_requests_in_flight", ConstLabels: labels,
		Help: "Requests that are being carried out or wait for their turn.",
	}, func() float64 { return float64(s.inFlight()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "peering_http_requests_waiting", ConstLabels: labels,
		Help: "Requests that wait for their turn.",
	}, func() float64 { return float64(s.waiting()) }))
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

// measure counts and times requests. Errors have to be written by what follows it.
func (m *metrics) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		method := c.Request().Method
		operation, ok := m.operations[method+" "+c.Path()]
		if !ok {
			operation = "none"
			method = knownMethod(method)
		}
		labels := []string{operation, method, strconv.Itoa(c.Response().Status)}
		m.requests.WithLabelValues(labels...).Inc()
		m.duration.WithLabelValues(labels...).Observe(time.Since(began).Seconds())
		return err
	}
}

// knownMethod answers a method, and other for those that a caller has made up.
func knownMethod(method string) string {
	known := []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}
