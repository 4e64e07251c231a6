package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/peering/peering/validate"
)

// A claim is a figure of this project's validation, and the bound that it is meant to keep; 0 for none.
type claim struct {
	text  string
	value float64
	bound float64
	// atLeast claims have a lower bound.
	atLeast bool
}

func (c claim) holds() bool {
	if c.atLeast {
		return c.value >= c.bound
	}
	return c.bound == 0 || c.value <= c.bound
}

// claims measures what the table does not show, and reads off the rest.
func claims(results []result) ([]claim, error) {
	d, err := newDocument(1)
	if err != nil {
		return nil, err
	}
	p, err := newPieces(d)
	if err != nil {
		return nil, err
	}
	var made []claim
	for _, part := range []func() ([]claim, error){p.largeBody, p.refusals, pathsCost, loopback} {
		more, err := part()
		if err != nil {
			return nil, err
		}
		made = append(made, more...)
	}
	slowest, allocs := 0.0, 0.0
	for _, r := range results {
		if r.variant == "ours" && (r.body == "seed" || r.body == "7k") {
			slowest = max(slowest, r.ratio)
			allocs = max(allocs, r.allocs-find(results, "bare", r.paths, r.body).allocs)
		}
	}
	return append(made,
		claim{text: "a valid request, over bare Echo: the dearest of the table", value: slowest, bound: 1.3},
		claim{text: "allocations of a valid request more than bare Echo's: the most of the table", value: allocs, bound: 4},
	), nil
}

func find(results []result, variant string, paths int, body string) result {
	for _, r := range results {
		if r.variant == variant && r.paths == paths && r.body == body {
			return r
		}
	}
	return result{}
}

// pieces are the parts of this validation and of kin-openapi's, without a framework.
type pieces struct {
	doc        *openapi3.T
	operations map[string]*validate.Operation
	bodies     map[string]body
}

var asked = target(contractPath)

var params = map[string]string{"project_id": "4f30b9215e054c908d18f2b150131646", "cluster_id": "1000000"}

func newPieces(d document) (pieces, error) {
	p := pieces{operations: map[string]*validate.Operation{}, bodies: map[string]body{}}
	var err error
	if p.doc, err = d.load(); err != nil {
		return p, err
	}
	validator, err := validate.New(p.doc, validate.Options{})
	if err != nil {
		return p, err
	}
	for _, o := range validator.Operations() {
		p.operations[o.Method] = o
	}
	for _, b := range bodies() {
		p.bodies[b.name] = b
	}
	return p, nil
}

func (b body) request() *http.Request {
	return &http.Request{
		Method: b.method, URL: &url.URL{Path: asked}, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(b.text)), ContentLength: int64(len(b.text)),
	}
}

// repeat makes a work of something whose verdict has to be the wanted one.
func repeat(valid bool, do func() error) work {
	return func(n int) (time.Duration, error) {
		start := time.Now()
		for range n {
			if err := do(); (err == nil) != valid {
				return 0, errors.Join(errors.New("the other verdict was wanted"), err)
			}
		}
		return time.Since(start), nil
	}
}

// check is this project's whole check of a request.
func (p pieces) check(b body) work {
	return repeat(b.valid, func() error { return p.operations[b.method].Check(b.request(), params) })
}

// ask is kin-openapi's whole check of a request whose route is known.
func (p pieces) ask(b body, options openapi3filter.Options) work {
	item := p.doc.Paths.Value(contractPath)
	route := &routers.Route{Spec: p.doc, Path: contractPath, PathItem: item, Method: b.method, Operation: item.GetOperation(b.method)}
	return repeat(b.valid, func() error {
		return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
			Request: b.request(), PathParams: params, Route: route, Options: &options,
		})
	})
}

func (p pieces) largeBody() ([]claim, error) {
	large, schema := p.bodies["7k"], p.doc.Components.Schemas["Hosts"].Value
	decode := func() (value any, err error) {
		decoder := json.NewDecoder(bytes.NewReader([]byte(large.text)))
		decoder.UseNumber()
		err = decoder.Decode(&value)
		return value, err
	}
	value, err := decode()
	if err != nil {
		return nil, err
	}
	visit := repeat(true, func() error { return schema.VisitJSON(value, openapi3.VisitAsRequest()) })
	both := repeat(true, func() error {
		value, err := decode()
		if err != nil {
			return err
		}
		return schema.VisitJSON(value, openapi3.VisitAsRequest())
	})
	_, ratios, err := medians([]work{p.check(large), both, visit}, requestTime)
	if err != nil {
		return nil, err
	}
	return []claim{
		{text: "the check of a request with 7 kB, over decoding its body with encoding/json and VisitJSON", value: 1 / ratios[1], bound: 0.15},
		{text: "the same, over VisitJSON alone of a body that is decoded", value: 1 / ratios[2]},
	}, nil
}

func (p pieces) refusals() ([]claim, error) {
	var made []claim
	for _, name := range []string{"seed-invalid", "7k-invalid"} {
		b := p.bodies[name]
		_, ratios, err := medians([]work{p.check(b), p.ask(b, openapi3filter.Options{}), p.ask(b, openapi3filter.Options{MultiError: true})}, requestTime)
		if err != nil {
			return nil, err
		}
		made = append(made,
			claim{text: "the check of " + name + ", over openapi3filter.ValidateRequest", value: 1 / ratios[1], bound: 1},
			claim{text: "the same, over ValidateRequest with MultiError, which lists all that is wrong as this package does", value: 1 / ratios[2]},
		)
	}
	return made, nil
}

// pathsCost compares whole requests with documents of 500 paths and of one, in turns.
func pathsCost() ([]claim, error) {
	var works []work
	for _, paths := range []int{1, 500} {
		d, err := newDocument(paths)
		if err != nil {
			return nil, err
		}
		handler, err := ours(d)
		if err != nil {
			return nil, err
		}
		works = append(works, newCaller(variant{}, handler, d, bodies()[0]).calls)
	}
	_, ratios, err := medians(works, requestTime)
	if err != nil {
		return nil, err
	}
	return []claim{{text: "a valid request with a document of 500 paths, over the same with one path", value: ratios[1], bound: 1.05}}, nil
}
