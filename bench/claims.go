package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// claim is a measured figure of this project's validation and its bound. A
// bound of 0 means none.
type claim struct {
	text  string
	value float64
	bound float64
	// atLeast makes bound a lower bound instead of an upper one.
	atLeast bool
}

// holds reports whether the value is within the bound.
func (c claim) holds() bool {
	if c.atLeast {
		return c.value >= c.bound
	}
	return c.bound == 0 || c.value <= c.bound
}

// limit formats the bound.
func (c claim) limit() string {
	switch {
	case c.bound == 0:
		return ""
	case c.atLeast:
		return fmt.Sprintf("≥ %v", c.bound)
	default:
		return fmt.Sprintf("≤ %v", c.bound)
	}
}

// String implements fmt.Stringer.
func (c claim) String() string {
	verdict := ""
	if !c.holds() {
		verdict = ", missed"
	}
	return fmt.Sprintf("%6.3f %s%s  %s", c.value, c.limit(), verdict, c.text)
}

// measureClaims measures the claims that the results do not cover and takes the
// others from the results.
func measureClaims(results []result) ([]claim, error) {
	d, err := newDocument(1)
	if err != nil {
		return nil, err
	}
	v, err := newValidators(d)
	if err != nil {
		return nil, err
	}
	var claims []claim
	for _, measure := range []func() ([]claim, error){v.largeBody, v.invalidBodies, manyPaths, loopback} {
		measured, err := measure()
		if err != nil {
			return nil, err
		}
		claims = append(claims, measured...)
	}
	slowest, allocs := 0.0, 0.0
	for _, r := range results {
		if r.variant == "ours" && (r.body == "small" || r.body == "7k") {
			slowest = max(slowest, r.ratio)
			allocs = max(allocs, r.allocs-find(results, "bare", r.paths, r.body).allocs)
		}
	}
	return append(claims, claim{
		text:  "time of a valid request, relative to bare Echo: worst case in the table",
		value: slowest, bound: 1.3,
	}, claim{
		text:  "additional allocations of a valid request, compared with bare Echo: worst case in the table",
		value: allocs, bound: 4,
	}), nil
}

// find returns the result with the given key, or the zero result.
func find(results []result, variant string, paths int, body string) result {
	for _, r := range results {
		if r.variant == variant && r.paths == paths && r.body == body {
			return r
		}
	}
	return result{}
}

// validators holds this project's validation and the input of kin-openapi's,
// both without a framework.
type validators struct {
	doc        *openapi3.T
	operations map[string]*validate.Operation // by method
	bodies     map[string]body                // by name
}

var (
	requestPath   = fillParameters(contractPath)
	requestParams = map[string]string{"project_id": "4f30b9215e054c908d18f2b150131646", "cluster_id": "1000000"}
)

func newValidators(d document) (validators, error) {
	v := validators{operations: map[string]*validate.Operation{}, bodies: map[string]body{}}
	var err error
	if v.doc, err = d.load(); err != nil {
		return v, err
	}
	validator, err := validate.New(v.doc, validate.Options{})
	if err != nil {
		return v, err
	}
	for _, o := range validator.Operations() {
		v.operations[o.Method] = o
	}
	for _, b := range bodies() {
		v.bodies[b.name] = b
	}
	return v, nil
}

func (b body) request() *http.Request {
	return &http.Request{
		Method: b.method, URL: &url.URL{Path: requestPath}, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(b.text)), ContentLength: int64(len(b.text)),
	}
}

// repeat returns the workload that calls check n times. It fails if the verdict
// is not the expected one.
func repeat(valid bool, check func() error) workload {
	return func(n int) (time.Duration, error) {
		start := time.Now()
		for range n {
			if err := check(); (err == nil) != valid {
				return 0, errors.Join(fmt.Errorf("got the wrong verdict, want valid = %t", valid), err)
			}
		}
		return time.Since(start), nil
	}
}

// ours is this project's complete check of a request.
func (v validators) ours(b body) workload {
	return repeat(b.valid, func() error { return v.operations[b.method].Check(b.request(), requestParams) })
}

// kin is kin-openapi's complete check of a request whose route is known.
func (v validators) kin(b body, options openapi3filter.Options) workload {
	item := v.doc.Paths.Value(contractPath)
	route := &routers.Route{
		Spec: v.doc, Path: contractPath, PathItem: item, Method: b.method, Operation: item.GetOperation(b.method),
	}
	return repeat(b.valid, func() error {
		return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
			Request: b.request(), PathParams: requestParams, Route: route, Options: &options,
		})
	})
}

// largeBody compares the check of a large valid body with encoding/json and
// VisitJSON.
func (v validators) largeBody() ([]claim, error) {
	large, schema := v.bodies["7k"], v.doc.Components.Schemas["Hosts"].Value
	decode := func() (value any, err error) {
		decoder := json.NewDecoder(bytes.NewReader([]byte(large.text)))
		decoder.UseNumber()
		err = decoder.Decode(&value)
		return value, err
	}
	decoded, err := decode()
	if err != nil {
		return nil, err
	}
	visit := repeat(true, func() error { return schema.VisitJSON(decoded, openapi3.VisitAsRequest()) })
	decodeAndVisit := repeat(true, func() error {
		value, err := decode()
		if err != nil {
			return err
		}
		return schema.VisitJSON(value, openapi3.VisitAsRequest())
	})
	_, ratios, err := medians([]workload{v.ours(large), decodeAndVisit, visit}, requestTime)
	if err != nil {
		return nil, err
	}
	return []claim{{
		text:  "check of a valid 7 kB request, relative to encoding/json plus VisitJSON",
		value: 1 / ratios[1], bound: 0.15,
	}, {
		text:  "the same, relative to VisitJSON alone on the decoded body",
		value: 1 / ratios[2],
	}}, nil
}

// invalidBodies compares the check of invalid bodies with kin-openapi's.
func (v validators) invalidBodies() ([]claim, error) {
	var claims []claim
	for _, name := range []string{"small-invalid", "7k-invalid"} {
		b := v.bodies[name]
		_, ratios, err := medians([]workload{
			v.ours(b), v.kin(b, openapi3filter.Options{}), v.kin(b, openapi3filter.Options{MultiError: true}),
		}, requestTime)
		if err != nil {
			return nil, err
		}
		claims = append(claims, claim{
			text:  "check of " + name + ", relative to openapi3filter.ValidateRequest",
			value: 1 / ratios[1], bound: 1,
		}, claim{
			text:  "the same, relative to ValidateRequest with MultiError, which lists all violations as this package does",
			value: 1 / ratios[2],
		})
	}
	return claims, nil
}

// manyPaths compares whole requests with documents of 500 paths and of one.
func manyPaths() ([]claim, error) {
	var workloads []workload
	for _, paths := range []int{1, 500} {
		d, err := newDocument(paths)
		if err != nil {
			return nil, err
		}
		handler, err := ours(d)
		if err != nil {
			return nil, err
		}
		workloads = append(workloads, newHandlerClient(variant{}, handler, d, bodies()[0]).workload)
	}
	_, ratios, err := medians(workloads, requestTime)
	if err != nil {
		return nil, err
	}
	return []claim{{
		text:  "valid request with a document of 500 paths, relative to one path",
		value: ratios[1], bound: 1.05,
	}}, nil
}
