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

// schemathesisPart is the name of the fuzzer's part.
const schemathesisPart = "schemathesis"

// generated finds in schemathesis' summary how many test cases it made.
var generated = regexp.MustCompile(`(\d+) generated`)

// fuzz runs schemathesis against a service of its own: it tries all operations with valid and invalid requests, alone and
// one after the other, and compares every answer with the contract.
func (b *bench) fuzz(ctx context.Context) (err error) {
	if !b.chosen[schemathesisPart] {
		return nil
	}
	server, err := b.serve(ctx, schemathesisPart, nil, nil)
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
	made, err := prepare(ctx, server.endpoint)
	if err != nil {
		return err
	}
	began := time.Now()
	printed, err := capture(ctx, command{
		dir:  b.dir, // schemathesis leaves its findings in the folder in which it runs
		name: b.tools.schemathesis,
		args: []string{
			"run", contract, "--url", server.endpoint,
			"--checks", "all", "--exclude-checks", "positive_data_acceptance", // hooks.py has its replacement
			"--phases", "examples,coverage,fuzzing,stateful",
			"--max-examples", strconv.Itoa(b.examples), "--seed", strconv.Itoa(b.seed),
			"--header", "X-Project-Id: " + project,
			"--request-timeout", "10", "--workers", "1", "--no-color",
		},
		env: append(loopback(), "SCHEMATHESIS_HOOKS="+hooks, "CONFORMANCE_THINGS="+made),
	})
	took := time.Since(began)
	cases := 0
	if found := generated.FindStringSubmatch(printed); found != nil {
		cases, _ = strconv.Atoi(found[1]) // the pattern matches digits only
	}
	if err != nil {
		printLine(schemathesisPart, "direct", cases, "", took, "DIFFERS")
		return fmt.Errorf("%s:\n%s", schemathesisPart, excerpt(printed))
	}
	printLine(schemathesisPart, "direct", cases, "", took, fmt.Sprintf("ok, 0 failures in %d test cases", cases))
	return nil
}

// prepare makes an ACTIVE peering of the cluster and one of the VPC service and answers the path parameters that lead to
// them, as hooks.py reads them.
func prepare(ctx context.Context, endpoint string) (string, error) {
	var things []map[string]string
	t := runTrial(func(t *trial) {
		w := terraform(ctx, t, endpoint)
		things = append(things, map[string]string{"project_id": project, "cluster_id": "1000000", "peering_id": w.connect("for_fuzzing")})
		own := w.send(http.MethodPost, "/v2.0/vpc/peerings", fmt.Sprintf(
			`{"peering":{"name":"for_fuzzing","request_vpc_info":{"vpc_id":%q},"accept_vpc_info":{"vpc_id":%q}}}`, sdkVPCs[0], sdkVPCs[1]))
		things = append(things, map[string]string{"peering_id": own.is(http.StatusCreated).text("peering", "id")})
	})
	text, err := json.Marshal(things)
	return string(text), errors.Join(t.err, err)
}

// excerpt answers schemathesis' findings without what it prints while it runs.
func excerpt(printed string) string {
	if _, findings, found := strings.Cut(printed, "= FAILURES ="); found {
		return findings
	}
	return printed
}
