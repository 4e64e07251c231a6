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

// contractPath is the path of the contract that is copied, with its POST createPeering. Each copy also has a PUT, which
// takes the large body.
const contractPath = "/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering"

// document is what is benched: a document with so many paths that are alike.
type document struct {
	paths []string
	// asked is the path that requests go to. It stands in the middle, for routers that try one path after the other.
	asked string
	// json is the document as it is given to every variant.
	json []byte
}

// newDocument copies the path. Security requirements and servers are left out: not every variant looks at them.
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
	post.Security, put.Parameters = nil, nil // the parameters are those of the contract's path
	doc.Servers, doc.Security, doc.Tags = nil, nil, nil
	for name, schema := range large.Components.Schemas {
		doc.Components.Schemas[name] = schema
	}
	doc.Paths = openapi3.NewPaths()
	made := document{}
	for i := range paths {
		path := contractPath
		if i > 0 {
			path += strconv.Itoa(i)
		}
		create, replace := post, put
		create.OperationID, replace.OperationID = idOf(http.MethodPost, path), idOf(http.MethodPut, path)
		doc.Paths.Set(path, &openapi3.PathItem{Parameters: item.Parameters, Post: &create, Put: &replace})
		made.paths = append(made.paths, path)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return document{}, err
	}
	made.asked = doc.Paths.InMatchingOrder()[paths/2]
	made.json, err = doc.MarshalJSON()
	return made, err
}

// idOf answers the operationId of an operation.
func idOf(method, path string) string {
	return strings.ToLower(method) + strings.TrimPrefix(path, contractPath)
}

// load reads the document with kin-openapi.
func (d document) load() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(d.json)
}

// routed answers a path in the form of Echo.
func routed(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// target answers a path with its parameters filled in.
func target(path string) string {
	return strings.NewReplacer("{project_id}", "4f30b9215e054c908d18f2b150131646", "{cluster_id}", "1000000").Replace(path)
}

// A body is what is sent, with PUT where it is large.
type body struct {
	name   string
	method string
	text   string
	valid  bool
}

// bodies are the seed's example, one of 7 kB that holds 100 objects, and either with one wrong value, the large one in
// its last object.
func bodies() []body {
	const seed = `{"vpc_id":"f4da5a55-fcd9-4a93-8b86-5b81585e14bb","name":"myVpc"}`
	host := `{"id":"0a1b2c3d","name":"host-1.example.org","cpus":16,"on":true}`
	large := "[" + strings.Repeat(host+",", 99) + host + "]"
	wrong := strings.TrimSuffix(large, host+"]") + strings.Replace(host, "0a1b2c3d", "0a1b2c3x", 1) + "]"
	return []body{
		{"seed", http.MethodPost, seed, true},
		{"seed-invalid", http.MethodPost, strings.Replace(seed, "f4da5a55-", "", 1), false},
		{"7k", http.MethodPut, large, true},
		{"7k-invalid", http.MethodPut, wrong, false},
	}
}
