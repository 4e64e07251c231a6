package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/peering/peering/server"
)

// networkFlags say what the API does for whom on the network.
type networkFlags struct {
	limits server.Limits
}

func (f *networkFlags) register(flags *pflag.FlagSet) {
	flags.Float64Var(&f.limits.Rate, "rate", 200, "how many requests per second a project may send on average; 0 for any number")
	flags.IntVar(&f.limits.Burst, "rate-burst", 1000, "how many requests a project may send at once")
}

// check answers what is wrong with the flags.
func (f *networkFlags) check() error {
	if f.limits.Rate < 0 {
		return usageError{fmt.Errorf("--rate %v is less than 0", f.limits.Rate)}
	}
	if f.limits.Burst < 1 {
		return usageError{fmt.Errorf("--rate-burst %d is less than 1", f.limits.Burst)}
	}
	return nil
}
