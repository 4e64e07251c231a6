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
	flags.IntVar(&f.limits.MaxReads, "max-reads", 64, "how many GET requests are carried out at a time, half of them for one project; 0 for any number")
	flags.IntVar(&f.limits.MaxWrites, "max-writes", 64, "the same for all other requests")
}

// check answers what is wrong with the flags.
func (f *networkFlags) check() error {
	if f.limits.Rate < 0 {
		return usageError{fmt.Errorf("--rate %v is less than 0", f.limits.Rate)}
	}
	for _, flag := range []struct {
		name         string
		value, least int
	}{
		{"--rate-burst", f.limits.Burst, 1},
		{"--max-reads", f.limits.MaxReads, 0},
		{"--max-writes", f.limits.MaxWrites, 0},
	} {
		if flag.value < flag.least {
			return usageError{fmt.Errorf("%s %d is less than %d", flag.name, flag.value, flag.least)}
		}
	}
	return nil
}
