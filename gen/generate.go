// Package gen contains the types of the contract and a plain HTTP client,
// generated from openapi.yaml. Programs use the SDK in package client, which is
// built on this package.
package gen

//go:generate go tool oapi-codegen -config config.yaml ../openapi.yaml
