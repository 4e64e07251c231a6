package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// arguments checks that a command is given the arguments of these names, no fewer and no more.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return fmt.Errorf("%s is missing: %s", strings.Join(names[len(args):], " and "), cmd.UseLine())
		case len(args) > len(names):
			return fmt.Errorf("%q is one argument too many: %s", args[len(names)], cmd.UseLine())
		default:
			return nil
		}
	}
}
