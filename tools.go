//go:build tools

// Package tools pins the code generator. Importing its command keeps the
// version in go.mod, so that "make generate" gives the same result everywhere.
// The linter has many dependencies, so tools/go.mod pins it in a module of its
// own.
package tools

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
