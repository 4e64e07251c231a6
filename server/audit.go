package server

import (
	"context"
	"log/slog"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
)

// Audit answers what writes a line to the log for every change: who changed what, from which status to which, and in which
// request. It is for peering.Audit.
func Audit(log *slog.Logger) func(context.Context, peering.Event) {
	return func(ctx context.Context, e peering.Event) {
		outcome := "changed"
		if e.OutcomeUnknown {
			outcome = "unknown"
		}
		attrs := append([]slog.Attr{slog.String("outcome", outcome), slog.String("action", actionOf(e))}, subjectOf(e)...)
		attrs = append(attrs, actorOf(ctx, e.By)...)
		log.LogAttrs(ctx, slog.LevelInfo, "audit", attrs...)
	}
}

// actionOf answers what was done to what, such as "accept peering".
func actionOf(e peering.Event) string {
	switch {
	case e.Route != "":
		return string(e.Action) + " route"
	case e.Peering != "":
		return string(e.Action) + " peering"
	default:
		return string(e.Action) + " cluster"
	}
}

func subjectOf(e peering.Event) []slog.Attr {
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("peering", string(e.Peering))
	add("route", string(e.Route))
	add("cluster_project", string(e.Cluster.Project))
	add("cluster", e.Cluster.ID)
	add("from", string(e.From))
	add("to", string(e.To))
	return attrs
}

// actorOf answers who does something in a request. What the service does by itself may be done in somebody's request, too.
func actorOf(ctx context.Context, by peering.Actor) []slog.Attr {
	if by == "" {
		by = "caller"
	}
	attrs := []slog.Attr{slog.String("by", string(by))}
	if who := callerIn(ctx); who != nil {
		attrs = append(attrs,
			slog.String("project", string(who.project)), slog.String("user", who.user), slog.String("credentials", who.credentials),
			slog.String("request_id", who.requestID), slog.String("remote", who.remote))
	}
	return attrs
}

// auditRefusals writes a line to the log for every request that is refused for who sends it.
func auditRefusals(log *slog.Logger, operation string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			if err == nil {
				return nil
			}
			switch code := failureOf(err).code; code {
			case peering.Unauthenticated, peering.TokenExpired, peering.WrongProject, peering.Forbidden:
				ctx := c.Request().Context()
				attrs := []slog.Attr{
					slog.String("outcome", "denied"), slog.String("action", operation),
					slog.String("reason", string(code)), slog.String("path", c.Request().URL.Path),
				}
				if who := callerIn(ctx); who != nil {
					attrs = append(attrs, actorOf(ctx, "")...)
				} else {
					attrs = append(attrs, slog.String("request_id", requestIDOf(c)), slog.String("remote", c.RealIP()))
				}
				log.LogAttrs(ctx, slog.LevelInfo, "audit", attrs...)
			default:
			}
			return err
		}
	}
}
