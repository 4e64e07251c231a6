// Package server is generated from openapi.yaml: the Echo routes of the contract, the strict interface that handlers
// implement, and the document itself, which requests are validated against.
package server

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config config.yaml ../../openapi.yaml
