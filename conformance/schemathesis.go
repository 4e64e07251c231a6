package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// schemathesisSuite is the name of the fuzzer's suite.
const schemathesisSuite = "schemathesis"

// generatedCases finds the number of test cases in schemathesis' summary.
var generatedCases = regexp.MustCompile(`(\d+) generated`)

// runSchemathesis fuzzes a service of its own. Schemathesis sends valid and
// invalid requests to all operations, alone and in sequences, and compares
// every response with the contract.
func (r *runner) runSchemathesis(ctx context.Context) (err error) {
	if !r.selected[schemathesisSuite] {
		return nil
	}
	server, err := r.startService(ctx, schemathesisSuite, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	contract, err := filepath.Abs(contractFile)
	if err != nil {
		return err
	}
	hooks, err := filepath.Abs(filepath.Join("schemathesis", "hooks.py"))
	if err != nil {
		return err
	}
	resources, err := createFuzzResources(ctx, server.endpoint)
	if err != nil {
		return err
	}
	start := time.Now()
	printed, err := output(ctx, command{
		dir:  r.dir, // schemathesis writes its findings into the working directory
		name: r.tools.schemathesis,
		args: []string{
			"run", contract, "--url", server.endpoint,
			"--checks", "all", "--exclude-checks", "positive_data_acceptance", // hooks.py replaces it
			"--phases", "examples,coverage,fuzzing,stateful",
			"--max-examples", strconv.Itoa(r.examples), "--seed", strconv.Itoa(r.seed),
			"--header", "X-Project-Id: " + project,
			"--request-timeout", "10", "--workers", "1", "--no-color",
		},
		env: append(loopbackEnv(), "SCHEMATHESIS_HOOKS="+hooks, "CONFORMANCE_RESOURCES="+resources),
	})
	took := time.Since(start)
	cases := 0
	if found := generatedCases.FindStringSubmatch(printed); found != nil {
		cases, _ = strconv.Atoi(found[1]) // the pattern matches digits only
	}
	if err != nil {
		printLine(schemathesisSuite, "direct", cases, "", took, "FAILED")
		return fmt.Errorf("%s:\n%s", schemathesisSuite, findings(printed))
	}
	printLine(schemathesisSuite, "direct", cases, "", took, fmt.Sprintf("ok, 0 failures in %d test cases", cases))
	return nil
}

// createFuzzResources creates an ACTIVE peering of the cluster and one of the
// VPC service. It returns their path parameters in the form that hooks.py
// reads.
func createFuzzResources(ctx context.Context, endpoint string) (string, error) {
	var resources []map[string]string
	t := runChecks(func(t *checker) {
		c := newTerraformClient(ctx, t, endpoint)
		resources = append(resources, map[string]string{
			"project_id": project, "cluster_id": "1000000", "peering_id": c.applyPeering("for_fuzzing"),
		})
		created := c.send(http.MethodPost, "/v2.0/vpc/peerings", fmt.Sprintf(
			`{"peering":{"name":"for_fuzzing","request_vpc_info":{"vpc_id":%q},"accept_vpc_info":{"vpc_id":%q}}}`,
			sdkVPCs[0], sdkVPCs[1])).wantStatus(http.StatusCreated)
		resources = append(resources, map[string]string{"peering_id": created.text("peering", "id")})
	})
	text, err := json.Marshal(resources)
	return string(text), errors.Join(t.err, err)
}

// findings returns schemathesis' failures without its progress output.
func findings(printed string) string {
	if _, failures, found := strings.Cut(printed, "= FAILURES ="); found {
		return failures
	}
	return printed
}
