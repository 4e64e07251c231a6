package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/pprof" // it also registers at http.DefaultServeMux, which nothing here serves

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/peering/peering/internal/peering"
)

// Operations answers the handler of the operations listener, which is for operators only. /healthz says that the process
// runs, /readyz whether it can serve, which ready finds out; a service that has no room for more, which room finds out,
// still serves. /metrics shows the metrics, for Prometheus, and /debug/pprof profiles of the process.
func Operations(ready, room func(context.Context) error, metrics prometheus.Gatherer, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerProbe(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			log.ErrorContext(r.Context(), "not ready", "error", err)
			answerProbe(w, http.StatusServiceUnavailable, reason(err))
			return
		}
		if err := room(r.Context()); err != nil {
			answerProbe(w, http.StatusOK, "ok, but nothing can be created or changed: "+reason(err))
			return
		}
		answerProbe(w, http.StatusOK, "ok")
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

// reason is why the service is not ready, as far as that is for others to know.
func reason(err error) string {
	if e, ok := errors.AsType[*peering.Error](err); ok {
		return e.Message
	}
	return "the store does not answer"
}

func answerProbe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever probes is gone if this fails
}
