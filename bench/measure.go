package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// rounds of all that is compared take turns, and medians count: the machine may be busy otherwise.
const rounds = 201

// requestTime is how long a round of requests to one handler takes.
const requestTime = time.Millisecond

// result is a line of the table.
type result struct {
	variant string
	paths   int
	body    string
	// ns, allocs and bytes are those of a request; ratio is that of ns to the first variant's.
	ns, ratio     float64
	allocs, bytes float64
}

// work does something so many times and answers how long it took.
type work func(n int) (time.Duration, error)

// medians answers for each work how many nanoseconds one time of it takes, and the ratio of that to the first one's.
func medians(works []work, roundTime time.Duration) (ns, ratios []float64, err error) {
	counts := make([]int, len(works))
	for i, w := range works {
		if counts[i], err = calibrate(w, roundTime); err != nil {
			return nil, nil, err
		}
	}
	all, relative := make([][]float64, len(works)), make([][]float64, len(works))
	for round := range rounds {
		once := make([]float64, len(works))
		for k := range works {
			i := (k + round) % len(works)
			took, err := works[i](counts[i])
			if err != nil {
				return nil, nil, err
			}
			once[i] = float64(took) / float64(counts[i])
		}
		for i := range works {
			all[i], relative[i] = append(all[i], once[i]), append(relative[i], once[i]/once[0])
		}
	}
	for i := range works {
		ns, ratios = append(ns, median(all[i])), append(ratios, median(relative[i]))
	}
	return ns, ratios, nil
}

// calibrate answers how many times fill a round. The least of some tries counts, as any of them may be interrupted.
func calibrate(w work, roundTime time.Duration) (int, error) {
	for n := 1; ; n *= 2 {
		least := time.Hour
		for range 5 {
			took, err := w(n)
			if err != nil {
				return 0, err
			}
			least = min(least, took)
		}
		if least >= roundTime/2 {
			return max(1, int(float64(n)*float64(roundTime)/float64(least))), nil
		}
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// allocations answers how many allocations and bytes one time of a work takes: the least of some tries, as what runs
// beside it may allocate, too.
func allocations(w work) (count, bytes float64, err error) {
	const tries, times = 5, 40
	for i := range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := w(times); err != nil {
			return 0, 0, err
		}
		runtime.ReadMemStats(&after)
		c, b := float64(after.Mallocs-before.Mallocs)/times, float64(after.TotalAlloc-before.TotalAlloc)/times
		if i == 0 || c < count {
			count, bytes = c, b
		}
	}
	return count, bytes, nil
}

// measure answers the lines of the table for a document of so many paths.
func measure(paths int) ([]result, error) {
	d, err := newDocument(paths)
	if err != nil {
		return nil, err
	}
	callers := make([][]*caller, len(bodies()))
	for _, v := range variants {
		handler, err := v.build(d)
		if err != nil {
			return nil, fmt.Errorf("%s with %s: %w", v.name, counted(paths), err)
		}
		for i, b := range bodies() {
			callers[i] = append(callers[i], newCaller(v, handler, d, b))
		}
	}
	var results []result
	for i, b := range bodies() {
		var works []work
		for k, c := range callers[i] {
			if err := c.call(); err != nil {
				return nil, fmt.Errorf("%s with %s: %w", variants[k].name, counted(paths), err)
			}
			works = append(works, c.calls)
		}
		ns, ratios, err := medians(works, requestTime)
		if err != nil {
			return nil, err
		}
		for k, w := range works {
			made := result{variant: variants[k].name, paths: paths, body: b.name, ns: ns[k], ratio: ratios[k]}
			if made.allocs, made.bytes, err = allocations(w); err != nil {
				return nil, err
			}
			results = append(results, made)
		}
	}
	return results, nil
}
