package server

import (
	"context"
	"log/slog"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
)

// Audit returns a listener for peering.Audit that logs every state change: the
// caller, the request, and the status before and after.
func Audit(log *slog.Logger) func(context.Context, peering.Event) {
	return func(ctx context.Context, e peering.Event) {
		outcome := "changed"
		if e.OutcomeUnknown {
			outcome = "unknown"
		}
		attrs := append([]slog.Attr{slog.String("outcome", outcome), slog.String("action", auditAction(e))}, objectAttrs(e)...)
		attrs = append(attrs, actorAttrs(ctx, e.By)...)
		log.LogAttrs(ctx, slog.LevelInfo, "audit", attrs...)
	}
}

// auditAction returns the action and its object, such as "accept peering".
func auditAction(e peering.Event) string {
	switch {
	case e.Route != "":
		return string(e.Action) + " route"
	case e.Peering != "":
		return string(e.Action) + " peering"
	default:
		return string(e.Action) + " cluster"
	}
}

func objectAttrs(e peering.Event) []slog.Attr {
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

// actorAttrs describes who made a change. A change by the service itself may
// still happen within a caller's request.
func actorAttrs(ctx context.Context, by peering.Actor) []slog.Attr {
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

// auditDenials logs every request that fails authentication or authorization.
func auditDenials(log *slog.Logger, operation string) echo.MiddlewareFunc {
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
					attrs = append(attrs, actorAttrs(ctx, "")...)
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
