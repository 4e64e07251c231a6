package server

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// declaredCodes returns the constants of type Code or peering.Code declared in
// a file.
func declaredCodes(t *testing.T, file string) []peering.Code {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []peering.Code
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !isCode(spec.Type) {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, peering.Code(value))
		}
		return true
	})
	return codes
}

func isCode(expr ast.Expr) bool {
	switch e := expr.(type) {
	case *ast.Ident:
		return e.Name == "Code"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Code"
	default:
		return false
	}
}

func TestBothRootsMapEveryCode(t *testing.T) {
	domain, own := declaredCodes(t, "../internal/peering/error.go"), declaredCodes(t, "error.go")
	if len(domain) < 10 || len(own) < 5 {
		t.Fatalf("found only the codes %v and %v", domain, own)
	}
	for _, code := range append(domain, own...) {
		if e, ok := csErrors[code]; !ok || e.status < 400 || e.id == "" || e.name == "" || e.suggestion == "" {
			t.Errorf("the CS root does not map %s: %+v", code, e)
		}
		if e, ok := vpcErrors[code]; !ok || e.status < 400 || e.code == "" {
			t.Errorf("the VPC root does not map %s: %+v", code, e)
		}
	}
}

func TestFailureOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want peering.Code
	}{
		{"coded error", peering.Errorf(peering.WrongStatus, "m"), peering.WrongStatus},
		{"wrapped coded error", fmt.Errorf("a: %w", peering.Errorf(peering.NotFound, "m")), peering.NotFound},
		{"uncoded error", errors.New("m"), peering.Internal},
		{"error coded as internal", peering.Errorf(peering.Internal, "secret"), peering.Internal},
		{"invalid body", &validate.Error{Kind: validate.Invalid, Violations: []validate.Violation{{In: validate.Body}}}, invalidBody},
		{"invalid parameter", &validate.Error{Kind: validate.Invalid, Violations: []validate.Violation{{In: validate.Path}}}, peering.Invalid},
		{"large body", &validate.Error{Kind: validate.TooLarge, Violations: []validate.Violation{{In: validate.Body}}}, tooLarge},
		{"unsupported media type", &validate.Error{Kind: validate.UnsupportedMediaType, Violations: []validate.Violation{{In: validate.Header}}}, unsupportedMediaType},
		{"unknown path", echo.ErrNotFound, noRoute},
		{"unknown method", echo.ErrMethodNotAllowed, methodNotAllowed},
		{"binding error of Echo", echo.NewHTTPError(http.StatusBadRequest, "secret"), peering.Invalid},
		{"other error of Echo", echo.ErrTeapot, peering.Internal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := failureOf(tt.err)
			if got.code != tt.want || got.message == "secret" {
				t.Errorf("got %s %q, want %s", got.code, got.message, tt.want)
			}
		})
	}
}
