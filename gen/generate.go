// Package gen is generated from openapi.yaml: the types of the contract and a client that speaks HTTP with them. The
// SDK in package client is what programs use; it is written on top of this package.
package gen

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config config.yaml ../openapi.yaml
