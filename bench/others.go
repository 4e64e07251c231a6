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

// answerProblem writes a refusal of this project as a problem, and everything else as Echo does.
func answerProblem(err error, c echo.Context) {
	refused, ok := errors.AsType[*validate.Error](err)
	if !ok {
		c.Echo().DefaultHTTPErrorHandler(err, c)
		return
	}
	_ = c.JSON(refused.Kind.Status(), refused.Problem())
}

// kinGorillamux is the strict server behind what oapi-codegen's echo-middleware does: it finds the route once more with
// gorillamux, asks kin-openapi and answers the first line of its error.
func kinGorillamux(d document) (http.Handler, error) {
	doc, err := d.load()
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	e := generated(d, nil)
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

// netHTTPMiddleware is the strict server behind oapi-codegen's middleware for net/http.
func netHTTPMiddleware(d document) (http.Handler, error) {
	doc, err := d.load()
	if err != nil {
		return nil, err
	}
	return nethttpmiddleware.OapiRequestValidator(doc)(generated(d, nil)), nil
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
	next := generated(d, nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ok, refused := check.ValidateHttpRequestSync(r); !ok {
			http.Error(w, refused[0].Error(), http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}
