package server

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asker takes turns of a share for projects, and knows in which order they came.
type asker struct {
	share *share

	mu   sync.Mutex
	came []string
	done map[string][]func()
	// refused are the projects whose requests did not get a turn.
	refused []string
}

func newAsker(most int) *asker {
	return &asker{share: shareOf(most, Limits{}), done: map[string][]func(){}}
}

func shareOf(most int, l Limits) *share {
	return newShare("read", most, &company{now: time.Now}, newPaces(l, time.Now))
}

// ask sends a request of each project, one after another, and waits until each has its turn or waits for it.
func (a *asker) ask(ctx context.Context, t *testing.T, projects ...string) {
	t.Helper()
	for _, p := range projects {
		if !a.share.hold(p) {
			t.Fatalf("%s has its part of the share", p)
		}
		go func() {
			done, ok := a.share.turn(ctx, p)
			a.mu.Lock()
			defer a.mu.Unlock()
			if !ok {
				a.refused = append(a.refused, p)
				a.share.letGo(p)
				return
			}
			a.came = append(a.came, p)
			a.done[p] = append(a.done[p], func() { done(); a.share.letGo(p) })
		}()
		synctest.Wait()
	}
}

// finish ends the turn of a project that has been running for longest.
func (a *asker) finish(p string) {
	a.mu.Lock()
	done := a.done[p][0]
	a.done[p] = a.done[p][1:]
	a.mu.Unlock()
	done()
	synctest.Wait()
}

// want checks which projects have got turns since it was called last, in their order.
func (a *asker) want(t *testing.T, projects ...string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.came, projects) {
		t.Errorf("turns went to %v, want %v", a.came, projects)
	}
	a.came = nil
}

// wantRefused checks which projects have had requests that did not get a turn.
func (a *asker) wantRefused(t *testing.T, projects ...string) {
	t.Helper()
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.refused, projects) {
		t.Errorf("no turns went to %v, want %v", a.refused, projects)
	}
}

// pass lets time pass in the test's bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // no time passes outside
}

func TestLoneProjectHasAPartOfTheTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(6)
		a.ask(t.Context(), t, "loud", "loud", "loud")
		a.want(t, "loud", "loud")
		a.finish("loud")
		a.want(t, "loud")
	})
}

func TestProjectHasFewTurnsBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(48)
		a.ask(t.Context(), t, "quiet")
		a.ask(t.Context(), t, "loud", "loud", "loud", "loud")
		a.want(t, "quiet", "loud", "loud")
		a.finish("loud")
		a.want(t, "loud")
		a.finish("quiet")
		a.want(t)
	})
}

func TestProjectIsAloneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(48)
		a.ask(t.Context(), t, "quiet")
		a.finish("quiet")
		pass(present - 1)
		a.ask(t.Context(), t, "loud", "loud", "loud")
		a.want(t, "quiet", "loud", "loud")
		pass(1)
		a.finish("loud")
		a.want(t, "loud")
		a.ask(t.Context(), t, "loud", "loud", "loud")
		a.want(t, "loud", "loud", "loud")
	})
}

func TestProjectWithTheFewestTurnsIsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(2)
		a.ask(t.Context(), t, "loud", "loud", "loud", "loud", "quiet", "other")
		a.want(t, "loud", "quiet")
		a.finish("loud")
		a.want(t, "other")
		a.finish("quiet")
		a.want(t, "loud")
		a.finish("other")
		a.want(t) // beside others it has one turn
		a.finish("loud")
		a.want(t, "loud")
	})
}

func TestWaitingForATurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(1)
		ctx, leave := context.WithCancel(t.Context())
		a.ask(t.Context(), t, "one")
		a.ask(ctx, t, "gone")
		a.ask(t.Context(), t, "late")
		leave()
		a.wantRefused(t, "gone")
		pass(maxWait - 1)
		a.wantRefused(t, "gone")
		pass(1)
		a.wantRefused(t, "gone", "late")
		a.finish("one")
		a.want(t, "one")
		a.ask(t.Context(), t, "next")
		a.want(t, "next")
		a.finish("next")
		if n := len(a.share.projects); n != 0 || a.share.running != 0 {
			t.Errorf("%d projects and %d turns are left", n, a.share.running)
		}
	})
}

// askPaced sends a request of a project beside others, and answers how long it waits for the project's pace.
func (a *asker) askPaced(t *testing.T, project string) time.Duration {
	t.Helper()
	a.share.company.see("quiet")
	before := time.Now()
	a.ask(t.Context(), t, project)
	for range 2 * maxWait / time.Millisecond {
		if a.share.waiting() == 0 {
			break
		}
		pass(time.Millisecond)
		synctest.Wait()
	}
	return time.Since(before)
}

func TestBurstIsSpreadBesideOthers(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits Limits
		want   []time.Duration
	}{
		{"at the rate", Limits{Rate: 5, Burst: 10}, []time.Duration{0, 200 * time.Millisecond, 200 * time.Millisecond}},
		{"over five seconds", Limits{Rate: 1, Burst: 50}, []time.Duration{0, 100 * time.Millisecond, 100 * time.Millisecond}},
		{"but for what comes at once", Limits{Rate: 20, Burst: 20}, []time.Duration{0, 0, 50 * time.Millisecond}},
		{"waiting no longer than may be", Limits{Rate: 0.1, Burst: 1}, []time.Duration{0, maxWait, maxWait}},
		{"where there is a rate", Limits{}, []time.Duration{0, 0, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAsker(0)
				a.share = shareOf(0, test.limits)
				for i, want := range test.want {
					if waited := a.askPaced(t, "loud"); waited != want {
						t.Errorf("request %d waited %v, want %v", i, waited, want)
					}
				}
			})
		})
	}
}

func TestBurstIsNotSpreadAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(0)
		a.share = shareOf(0, Limits{Rate: 1, Burst: 5})
		a.share.company.see("quiet")
		pass(present)
		a.ask(t.Context(), t, "loud", "loud", "loud")
		a.want(t, "loud", "loud", "loud")
	})
}

func TestWaitingForThePaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(0)
		a.share = shareOf(0, Limits{Rate: 1, Burst: 5})
		ctx, leave := context.WithCancel(t.Context())
		a.share.company.see("quiet")
		a.ask(ctx, t, "loud", "loud")
		if n := a.share.waiting(); n != 1 {
			t.Errorf("%d requests wait", n)
		}
		leave()
		synctest.Wait()
		if n := a.share.waiting(); n != 0 {
			t.Errorf("%d requests wait for a client that has gone", n)
		}
		a.want(t, "loud")
		a.wantRefused(t, "loud")
	})
}

func TestPartOfAProject(t *testing.T) {
	s := shareOf(2, Limits{})
	for i := range 10 {
		if held := s.hold("one"); held != (i < 4) {
			t.Errorf("request %d is let in: %v", i, held)
		}
	}
	if !s.hold("other") {
		t.Error("another project is refused")
	}
	s.letGo("one")
	if !s.hold("one") {
		t.Error("a place that was given back is not given again")
	}
}
