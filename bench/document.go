package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	api "github.com/peering/peering/gen/server"

	"github.com/peering/peering/bench/hosts"
)

// contractPath is the path of the contract that every document copies, with its
// POST createPeering. Each copy also has a PUT, which takes the large body.
const contractPath = "/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering"

// document is an OpenAPI document with a number of similar paths.
type document struct {
	paths []string
	// target is the path that requests are sent to. It is in the middle, for
	// the sake of routers that try one path after the other.
	target string
	// json is the document as every variant reads it.
	json []byte
}

// newDocument returns a document with the given number of paths. It omits
// security requirements and servers, which not every variant supports.
func newDocument(paths int) (document, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return document{}, err
	}
	large, err := hosts.GetSpec()
	if err != nil {
		return document{}, err
	}
	item := doc.Paths.Value(contractPath)
	post, put := *item.Post, *large.Paths.Value(contractPath).Put
	post.Security, put.Parameters = nil, nil // the contract's path has the parameters
	doc.Servers, doc.Security, doc.Tags = nil, nil, nil
	for name, schema := range large.Components.Schemas {
		doc.Components.Schemas[name] = schema
	}
	doc.Paths = openapi3.NewPaths()
	d := document{}
	for i := range paths {
		path := contractPath
		if i > 0 {
			path += strconv.Itoa(i)
		}
		create, replace := post, put
		create.OperationID, replace.OperationID = operationID(http.MethodPost, path), operationID(http.MethodPut, path)
		doc.Paths.Set(path, &openapi3.PathItem{Parameters: item.Parameters, Post: &create, Put: &replace})
		d.paths = append(d.paths, path)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return document{}, err
	}
	d.target = doc.Paths.InMatchingOrder()[paths/2]
	d.json, err = doc.MarshalJSON()
	return d, err
}

func operationID(method, path string) string {
	return strings.ToLower(method) + strings.TrimPrefix(path, contractPath)
}

// load parses the document with kin-openapi.
func (d document) load() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(d.json)
}

// echoPath converts an OpenAPI path to Echo's syntax.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// fillParameters replaces the path parameters with values.
func fillParameters(path string) string {
	return strings.NewReplacer(
		"{project_id}", "4f30b9215e054c908d18f2b150131646", "{cluster_id}", "1000000",
	).Replace(path)
}

// body is a request body and the method of the operation that takes it.
type body struct {
	name   string
	method string
	text   string
	valid  bool
}

// bodies returns a small body, a body of 7 kB that holds 100 objects, and each
// with one invalid value. In the large one it is in the last object.
func bodies() []body {
	const small = `{"vpc_id":"f4da5a55-fcd9-4a93-8b86-5b81585e14bb","name":"myVpc"}`
	host := `{"id":"0a1b2c3d","name":"host-1.example.org","cpus":16,"on":true}`
	large := "[" + strings.Repeat(host+",", 99) + host + "]"
	largeInvalid := strings.TrimSuffix(large, host+"]") + strings.Replace(host, "0a1b2c3d", "0a1b2c3x", 1) + "]"
	return []body{
		{"small", http.MethodPost, small, true},
		{"small-invalid", http.MethodPost, strings.Replace(small, "f4da5a55-", "", 1), false},
		{"7k", http.MethodPut, large, true},
		{"7k-invalid", http.MethodPut, largeInvalid, false},
	}
}
