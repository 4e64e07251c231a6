// Package httpvalidate validates requests and responses in net/http, with the
// route that http.ServeMux matched.
package httpvalidate

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"net/http"
	"strings"

	"github.com/peering/peering/validate"
)

// Options configure a Handler. The zero value is the default.
type Options struct {
	// Refuse writes the response to a rejected request. err is a
	// *validate.Error in most cases. The default is the function Refuse.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
	// Responses checks responses. The default nil does not.
	Responses *validate.Responses
}

// Pattern returns the http.ServeMux pattern of an operation, such as "GET
// /things/{thing_id}". It returns an error if a parameter is only part of a
// path segment, which ServeMux does not support.
func Pattern(operation *validate.Operation) (string, error) {
	segments := strings.Split(operation.Path, "/")
	for i, segment := range segments {
		if !strings.ContainsAny(segment, "{}") {
			continue
		}
		name, ok := parameterOf(segment)
		if !ok {
			return "", fmt.Errorf("no pattern for %s: a parameter has to be a whole segment of the path", operation.Path)
		}
		segments[i] = "{" + wildcard(name, i) + "}"
	}
	if segments[len(segments)-1] == "" {
		segments[len(segments)-1] = "{$}"
	}
	return operation.Method + " " + strings.Join(segments, "/"), nil
}

func parameterOf(segment string) (string, bool) {
	name, opened := strings.CutPrefix(segment, "{")
	name, closed := strings.CutSuffix(name, "}")
	return name, opened && closed && !strings.ContainsAny(name, "{}")
}

// wildcard returns a name that ServeMux accepts for a parameter.
func wildcard(name string, segment int) string {
	if token.IsIdentifier(name) {
		return name
	}
	return fmt.Sprintf("segment%d", segment)
}

// Handler validates requests to one operation before next handles them.
// Register it only under the operation's Pattern.
func Handler(operation *validate.Operation, next http.Handler, options Options) http.Handler {
	wildcards := map[string]string{}
	for i, segment := range strings.Split(operation.Path, "/") {
		if name, ok := parameterOf(segment); ok {
			wildcards[name] = wildcard(name, i)
		}
	}
	refuse := options.Refuse
	if refuse == nil {
		refuse = Refuse
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		err := operation.CheckWith(r, func(name string) (string, bool) {
			parameter, ok := wildcards[name]
			if !ok {
				return "", false
			}
			return r.PathValue(parameter), true
		})
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	}
	if options.Responses == nil {
		return http.HandlerFunc(serve)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		checked := options.Responses.Writer(operation, r, w)
		serve(checked, r)
		_ = checked.Finish() // reported to OnViolation
	})
}

// Refuse writes an RFC 9457 problem, or an empty 500 for an error that is not a
// *validate.Error.
func Refuse(w http.ResponseWriter, _ *http.Request, err error) {
	validationError, ok := errors.AsType[*validate.Error](err)
	if !ok {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(validationError.Kind.Status())
	_ = json.NewEncoder(w).Encode(validationError.Problem()) // fails only if the client is gone
}
