package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/pprof" // also registers on http.DefaultServeMux, which is not served

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/peering/peering/internal/peering"
)

// Admin returns the handler of the admin listener, which must not be exposed
// to the public:
//   - /healthz reports that the process is running;
//   - /readyz reports whether it can serve requests, according to ready, and
//     why nothing can be created or changed, according to writable;
//   - /metrics serves the metrics to Prometheus;
//   - /debug/pprof serves profiles of the process.
func Admin(ready, writable func(context.Context) error, metrics prometheus.Gatherer, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeProbe(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			log.ErrorContext(r.Context(), "not ready", "error", err)
			writeProbe(w, http.StatusServiceUnavailable, probeReason(err))
			return
		}
		if err := writable(r.Context()); err != nil {
			writeProbe(w, http.StatusOK, "ok, but nothing can be created or changed: "+probeReason(err))
			return
		}
		writeProbe(w, http.StatusOK, "ok")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling: promhttp.ContinueOnError,
	}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// probeReason returns the part of an error that a probe may show.
func probeReason(err error) string {
	if e, ok := errors.AsType[*peering.Error](err); ok {
		return e.Message
	}
	return "the store does not respond"
}

func writeProbe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // fails only if the prober has disconnected
}
