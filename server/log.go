package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// maxStack is the maximum size of a logged stack trace in bytes.
const maxStack = 16 << 10

// accessLog logs every request after its response: at level error if the server
// failed, at level debug if the request was refused to limit the load, so that
// a flood of requests does not flood the log, and at level info otherwise.
func accessLog(log *slog.Logger) echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		HandleError:     true,
		LogMethod:       true,
		LogURIPath:      true,
		LogRoutePath:    true,
		LogStatus:       true,
		LogLatency:      true,
		LogResponseSize: true,
		LogRemoteIP:     true,
		LogError:        true,
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			level := slog.LevelInfo
			switch {
			case errors.Is(v.Error, errOverload):
				level = slog.LevelDebug
			case v.Status >= http.StatusInternalServerError:
				level = slog.LevelError
			}
			if !log.Enabled(c.Request().Context(), level) {
				return nil
			}
			attrs := []slog.Attr{
				slog.String("request_id", requestIDOf(c)),
				slog.String("method", v.Method),
				slog.String("path", v.URIPath),
				slog.String("route", v.RoutePath),
				slog.Int("status", v.Status),
				slog.Float64("duration_ms", float64(v.Latency.Microseconds())/1000),
				slog.Int64("bytes_in", c.Request().ContentLength),
				slog.Int64("bytes_out", v.ResponseSize),
				slog.String("remote", v.RemoteIP),
			}
			if project := callerOf(c.Request().Context()).project; project.Valid() {
				attrs = append(attrs, slog.String("project", string(project)))
			}
			if v.Error != nil {
				attrs = append(attrs, slog.String("error", v.Error.Error()))
			}
			log.LogAttrs(c.Request().Context(), level, "request", attrs...)
			return nil
		},
	})
}

// errPanic is the error of a request whose handler panicked. recoverPanic logs
// the details.
var errPanic = errors.New("panic")

// recoverPanic turns a panic into an internal error and logs its stack. The
// panic value may contain request data such as credentials, so only its type is
// logged, and the text of a runtime error.
func recoverPanic(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				value := recover()
				if value == nil {
					return
				}
				if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares the value as well
					panic(value)
				}
				text := fmt.Sprintf("%T", value)
				if fault, ok := value.(runtime.Error); ok {
					text = fault.Error()
				}
				stack := make([]byte, maxStack)
				log.ErrorContext(c.Request().Context(), "panic",
					"request_id", requestIDOf(c), "error", text, "stack", string(stack[:runtime.Stack(stack, false)]))
				err = errPanic
			}()
			return next(c)
		}
	}
}
