package server

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// caller is who calls, and under which URL he reached the server: links in answers have to lead back there.
type caller struct {
	project peering.ID
	url     url.URL
}

type callerKey struct{}

// identify finds out who calls an operation: the project of the path on the CS root, that of the header X-Project-Id on
// the VPC root.
func identify(operation *validate.Operation) echo.MiddlewareFunc {
	fromHeader := vpcRoot(operation.Path)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			project := peering.ID(c.Param("project_id"))
			if fromHeader {
				project = peering.ID(r.Header.Get("X-Project-Id"))
				if !project.Valid() {
					return peering.Errorf(peering.Unauthenticated,
						"The header X-Project-Id must name the caller's project by 32 hexadecimal digits or a UUID.")
				}
			}
			who := caller{project: project, url: requestURL(r)}
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
			return next(c)
		}
	}
}

// requestURL answers the whole URL of a request as the caller wrote it.
func requestURL(r *http.Request) url.URL {
	u := *r.URL
	u.Scheme, u.Host = "http", r.Host
	if encrypted(r) {
		u.Scheme = "https"
	}
	return u
}

// callerOf answers the caller that identify found; nobody before it did.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}
