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

// maxStack is how many bytes of a stack are logged.
const maxStack = 16 << 10

// accessLog writes one line for every request when it has been answered: at level error where the fault is the server's, and
// at level debug where it was refused for what else was sent, which a flood must not make another flood of.
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
			case errors.Is(v.Error, errCrowd):
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

// errPanicked is what a panic is to the rest of the chain. What it was about stands in a line of its own.
var errPanicked = errors.New("panic")

// recoverPanic makes an internal error of a panic and logs its stack. The value of a panic may hold what a request said,
// credentials included, so only its type is logged, and its text where it is one of the runtime's.
func recoverPanic(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				value := recover()
				if value == nil {
					return
				}
				if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so, too
					panic(value)
				}
				text := fmt.Sprintf("%T", value)
				if fault, ok := value.(runtime.Error); ok {
					text = fault.Error()
				}
				stack := make([]byte, maxStack)
				log.ErrorContext(c.Request().Context(), "panic",
					"request_id", requestIDOf(c), "error", text, "stack", string(stack[:runtime.Stack(stack, false)]))
				err = errPanicked
			}()
			return next(c)
		}
	}
}
