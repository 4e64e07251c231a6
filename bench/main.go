// Command bench compares ways to validate requests in Go: one run, ratios to a bare Echo handler with encoding/json. It
// writes results.tsv, claims.tsv, plot.svg and the tables in README.md, all in its own folder, from which it is run, and
// the one in validate's README.md. It fails where a variant answers a wrong status to a body.
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

// sizes are how many paths the documents have.
var sizes = []int{1, 20, 100, 500}

func run() error {
	var results []result
	for _, paths := range sizes {
		fmt.Printf("requests with documents of %s\n", counted(paths))
		measured, err := measure(paths)
		if err != nil {
			return err
		}
		results = append(results, measured...)
	}
	fmt.Println("what the table does not show")
	kept, err := claims(results)
	if err != nil {
		return err
	}
	if err := write(results, kept); err != nil {
		return err
	}
	for _, c := range kept {
		fmt.Println(c)
	}
	return nil
}
