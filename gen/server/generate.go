// Package server contains the Echo routes of the contract, the strict interface
// that handlers implement and the contract itself, generated from openapi.yaml.
package server

//go:generate go tool oapi-codegen -config config.yaml ../../openapi.yaml
