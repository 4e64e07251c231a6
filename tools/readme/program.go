package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// importPaths are the imports that snippets without a package clause may use.
var importPaths = map[string]string{
	"client":       "github.com/peering/peering/client",
	"context":      "context",
	"errors":       "errors",
	"basic":        "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic",
	"fmt":          "fmt",
	"http":         "net/http",
	"httpvalidate": "github.com/peering/peering/validate/httpvalidate",
	"log":          "log",
	"model":        "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpc/v2/model",
	"openapi3":     "github.com/getkin/kin-openapi/openapi3",
	"validate":     "github.com/peering/peering/validate",
	"vpc":          "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpc/v2",
}

// placeholders are the variables that snippets may use without declaring them.
var placeholders = map[string]string{
	"doc":      "*openapi3.T",
	"handlers": "map[string]http.Handler",
}

// goBlock runs a Go program, test or snippet. It only compiles snippets with
// placeholders. The others must print the id of the created peering, because a
// snippet may print its error instead of exiting.
func (r *runner) goBlock(ctx context.Context, b block) error {
	source, runnable := strings.Join(b.lines, "\n"), true
	file := "main.go"
	switch {
	case !strings.HasPrefix(source, "package "):
		source, runnable = wrap(source)
	case strings.Contains(source, `"testing"`):
		file, runnable = "readme_test.go", false
	}
	module := r.dir
	if strings.Contains(source, "huaweicloud-sdk-go-v3") {
		module = filepath.Join(r.dir, "conformance") // its module requires the SDK
	}
	r.programs++
	name := fmt.Sprintf("readme%d", r.programs)
	if err := os.Mkdir(filepath.Join(module, name), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(module, name, file), []byte(source), 0o600); err != nil {
		return err
	}
	if !runnable {
		command := "vet"
		if file != "main.go" {
			command = "test"
		}
		fmt.Println("$ go", command, name)
		_, err := output(ctx, module, "go", command, "./"+name)
		return err
	}
	fmt.Println("$ go run", name)
	printed, err := output(ctx, module, "go", "run", "./"+name)
	r.program = &printed
	if err == nil && !strings.HasPrefix(strings.Join(b.lines, "\n"), "package ") && !strings.Contains(printed, r.id) {
		return fmt.Errorf("the snippet does not print the peering %s:\n%s", r.id, printed)
	}
	return err
}

// wrap makes a program of statements: it adds imports, placeholders and a main
// function. It reports whether the program can run, which it cannot with
// placeholders.
func wrap(statements string) (program string, runnable bool) {
	runnable = true
	var declarations strings.Builder
	for name, kind := range placeholders {
		if uses(statements, name+`\b`) {
			fmt.Fprintf(&declarations, "var %s %s\n", name, kind)
			runnable = false
		}
	}
	var imports strings.Builder
	for name, path := range importPaths {
		if uses(statements+declarations.String(), name+`\.`) {
			fmt.Fprintf(&imports, "import %s %q\n", name, path)
		}
	}
	return fmt.Sprintf("package main\n\n%s\n%s\nfunc main() {\n%s\n}\n", &imports, &declarations, statements), runnable
}

// uses reports whether source has a word that matches.
func uses(source, pattern string) bool {
	return regexp.MustCompile(`(^|[^\w."])` + pattern).MatchString(source)
}
