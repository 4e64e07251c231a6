// Package hosts is generated from hosts.yaml. It has the benchmark's operation that
// takes a large body.
package hosts

//go:generate go tool -modfile=../../go.mod oapi-codegen -config config.yaml hosts.yaml
