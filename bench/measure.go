package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// rounds is the number of rounds of a comparison. The workloads alternate within
// each round and the medians of all rounds are reported, because other processes
// may disturb some of them.
const rounds = 201

// requestTime is the length of one round of requests to one handler.
const requestTime = time.Millisecond

// result is the measurement of one variant with one document and one body.
type result struct {
	variant string
	paths   int
	body    string
	// ns, allocs and bytes are per request. ratio is ns relative to the first
	// variant.
	ns, ratio     float64
	allocs, bytes float64
}

// workload performs an action n times and returns the time that it took.
type workload func(n int) (time.Duration, error)

// medians returns the nanoseconds per action of each workload, and their ratios
// to the first one.
func medians(workloads []workload, roundTime time.Duration) (ns, ratios []float64, err error) {
	counts := make([]int, len(workloads))
	for i, w := range workloads {
		if counts[i], err = calibrate(w, roundTime); err != nil {
			return nil, nil, err
		}
	}
	times, relative := make([][]float64, len(workloads)), make([][]float64, len(workloads))
	for round := range rounds {
		perAction := make([]float64, len(workloads))
		for k := range workloads {
			i := (k + round) % len(workloads)
			took, err := workloads[i](counts[i])
			if err != nil {
				return nil, nil, err
			}
			perAction[i] = float64(took) / float64(counts[i])
		}
		for i := range workloads {
			times[i], relative[i] = append(times[i], perAction[i]), append(relative[i], perAction[i]/perAction[0])
		}
	}
	for i := range workloads {
		ns, ratios = append(ns, median(times[i])), append(ratios, median(relative[i]))
	}
	return ns, ratios, nil
}

// calibrate returns the number of actions that fill a round. It uses the fastest
// of several attempts, because any of them may be interrupted.
func calibrate(w workload, roundTime time.Duration) (int, error) {
	for n := 1; ; n *= 2 {
		fastest := time.Hour
		for range 5 {
			took, err := w(n)
			if err != nil {
				return 0, err
			}
			fastest = min(fastest, took)
		}
		if fastest >= roundTime/2 {
			return max(1, int(float64(n)*float64(roundTime)/float64(fastest))), nil
		}
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// allocations returns the allocations and bytes per action of a workload. It
// uses the lowest of several attempts, because concurrent goroutines may
// allocate as well.
func allocations(w workload) (count, bytes float64, err error) {
	const attempts, actions = 5, 40
	for i := range attempts {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := w(actions); err != nil {
			return 0, 0, err
		}
		runtime.ReadMemStats(&after)
		c, b := float64(after.Mallocs-before.Mallocs)/actions, float64(after.TotalAlloc-before.TotalAlloc)/actions
		if i == 0 || c < count {
			count, bytes = c, b
		}
	}
	return count, bytes, nil
}

// measure returns the results of all variants and bodies for a document with the
// given number of paths.
func measure(paths int) ([]result, error) {
	d, err := newDocument(paths)
	if err != nil {
		return nil, err
	}
	clients := make([][]*handlerClient, len(bodies()))
	for _, v := range variants {
		handler, err := v.build(d)
		if err != nil {
			return nil, fmt.Errorf("%s with %s: %w", v.name, formatPaths(paths), err)
		}
		for i, b := range bodies() {
			clients[i] = append(clients[i], newHandlerClient(v, handler, d, b))
		}
	}
	var results []result
	for i, b := range bodies() {
		var workloads []workload
		for k, c := range clients[i] {
			if err := c.send(); err != nil {
				return nil, fmt.Errorf("%s with %s: %w", variants[k].name, formatPaths(paths), err)
			}
			workloads = append(workloads, c.workload)
		}
		ns, ratios, err := medians(workloads, requestTime)
		if err != nil {
			return nil, err
		}
		for k, w := range workloads {
			r := result{variant: variants[k].name, paths: paths, body: b.name, ns: ns[k], ratio: ratios[k]}
			if r.allocs, r.bytes, err = allocations(w); err != nil {
				return nil, err
			}
			results = append(results, r)
		}
	}
	return results, nil
}
