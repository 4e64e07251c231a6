// Command bench compares ways to validate requests against an OpenAPI document
// in Go. All figures are from one run and relative to a bare Echo handler with
// encoding/json. Run it in its own directory: it writes results.tsv, claims.tsv,
// plot.svg and the tables in README.md, in validate's README.md and in
// docs/validation.md. It fails if a variant returns an unexpected status.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sizes are the numbers of paths of the documents.
var sizes = []int{1, 20, 100, 500}

func run() error {
	var results []result
	for _, paths := range sizes {
		fmt.Printf("measuring requests with a document of %s\n", formatPaths(paths))
		measured, err := measure(paths)
		if err != nil {
			return err
		}
		results = append(results, measured...)
	}
	fmt.Println("measuring claims")
	claims, err := measureClaims(results)
	if err != nil {
		return err
	}
	if err := writeFiles(results, claims); err != nil {
		return err
	}
	for _, c := range claims {
		fmt.Println(c)
	}
	return nil
}
