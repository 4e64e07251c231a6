package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/labstack/echo/v4"
	nethttpmiddleware "github.com/oapi-codegen/nethttp-middleware"
	lib "github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/peering/peering/validate"
)

// handleError writes a validation error of this project as a problem of RFC 9457,
// and any other error as Echo does.
func handleError(err error, c echo.Context) {
	invalid, ok := errors.AsType[*validate.Error](err)
	if !ok {
		c.Echo().DefaultHTTPErrorHandler(err, c)
		return
	}
	_ = c.JSON(invalid.Kind.Status(), invalid.Problem())
}

// kinGorillamux is the strict server with the same validation as oapi-codegen's
// echo-middleware: it finds the route a second time with gorillamux, calls
// kin-openapi and returns the first line of its error.
func kinGorillamux(d document) (http.Handler, error) {
	doc, err := d.load()
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	e := strictServer(d, nil)
	options := &openapi3filter.Options{KeepValidatedValue: true}
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			route, params, err := router.FindRoute(c.Request())
			if err != nil {
				return echo.NewHTTPError(http.StatusNotFound, err.Error())
			}
			err = openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
				Request: c.Request(), PathParams: params, Route: route, Options: options,
			})
			if err != nil {
				first, _, _ := strings.Cut(err.Error(), "\n")
				return &echo.HTTPError{Code: http.StatusBadRequest, Message: first, Internal: err}
			}
			return next(c)
		}
	})
	return e, nil
}

// netHTTPMiddleware is the strict server behind oapi-codegen's middleware for
// net/http.
func netHTTPMiddleware(d document) (http.Handler, error) {
	doc, err := d.load()
	if err != nil {
		return nil, err
	}
	return nethttpmiddleware.OapiRequestValidator(doc)(strictServer(d, nil)), nil
}

// libopenapi is the strict server behind libopenapi-validator.
func libopenapi(d document) (http.Handler, error) {
	doc, err := lib.NewDocument(d.json)
	if err != nil {
		return nil, err
	}
	check, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	next := strictServer(d, nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ok, violations := check.ValidateHttpRequestSync(r); !ok {
			http.Error(w, violations[0].Error(), http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}
