//go:build tools

// Package tools pins the code generator: importing its command here keeps its version in go.mod, so that
// "make generate" gives the same result everywhere. The linter, which has many more dependencies, is pinned in
// tools/go.mod.
package tools

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
