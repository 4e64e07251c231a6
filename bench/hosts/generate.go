// Package hosts is generated from hosts.yaml: the operation of the benchmark that takes a large body.
package hosts

//go:generate go tool -modfile=../../go.mod oapi-codegen -config config.yaml hosts.yaml
