package server

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// lined is how many requests may wait for their turn, for each that is carried out at a time.
	lined = 3
	// maxWait is how long a request may wait for its turn.
	maxWait = time.Second
	// alone and beside are the part of the turns, as divisors, that one project may have while it is the only one, and while
	// others send requests, too. The first keeps a processor busy, and is not in the way for long of a project that comes.
	alone, beside = 3, 24
)

// share is how requests of a kind take turns. So many are carried out at a time, others wait in line: the next is one of
// the project that has the fewest turns, or has had none for longest. While a project is the only one it may have a part
// of the turns, as fast as they come. While others send requests, too, it has only few, and at its pace, so that what these
// send is carried out beside little.
type share struct {
	kind string
	// most is how many requests have a turn at a time; 0 sets no bound.
	most    int
	company *company
	paces   *buckets

	mu sync.Mutex
	// paced are how many requests wait for the pace of their project.
	paced int
	// places are how many requests were let in, running how many of them have a turn.
	places, running int
	projects        map[string]*presence
	line            []*waiter
	// given counts the turns.
	given uint64
}

// presence is what one project has of a share: requests that it holds until they are answered, turns, and which turn was
// its last.
type presence struct {
	held, running int
	last          uint64
}

type waiter struct {
	project string
	turn    chan struct{}
}

func newShare(kind string, most int, company *company, paces *buckets) *share {
	return &share{kind: kind, most: most, company: company, paces: paces, projects: map[string]*presence{}}
}

// size is how many requests are let in at a time.
func (s *share) size() int { return s.most * (1 + lined) }

// part is how many of these one project may hold.
func (s *share) part() int { return s.size() / 2 }

func (s *share) inFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.places
}

func (s *share) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paced + len(s.line)
}

func (s *share) full() bool {
	return s.most > 0 && s.inFlight() >= s.size()
}

// take lets a request in, if there is room for it, until give.
func (s *share) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.most > 0 && s.places >= s.size() {
		return false
	}
	s.places++
	return true
}

func (s *share) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places--
}

// hold counts a request in a project's part, if there is room in it, until letGo. Others then have its company.
func (s *share) hold(project string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.projects[project]
	if p == nil {
		p = &presence{}
		s.projects[project] = p
	}
	if s.most > 0 && p.held >= s.part() {
		return false
	}
	p.held++
	s.company.see(project)
	return true
}

func (s *share) letGo(project string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.projects[project]
	if p.held--; p.held == 0 {
		delete(s.projects, project)
	}
}

// turn waits until it is the turn of a request that its project holds, which ends with the call of done. Beside others it
// waits for the project's pace before. It answers false where the turn takes longer than maxWait to come, or both than the
// client waits.
func (s *share) turn(ctx context.Context, project string) (done func(), ok bool) {
	if s.company.of(project) && !s.pace(ctx, project) {
		return nil, false
	}
	if s.most == 0 {
		return func() {}, true
	}
	w := &waiter{project: project, turn: make(chan struct{})}
	s.mu.Lock()
	s.line = append(s.line, w)
	s.next()
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	select {
	case <-w.turn:
	case <-ctx.Done():
		if s.leave(w) {
			return nil, false
		}
	}
	return sync.OnceFunc(func() { s.done(project) }), true
}

// pace waits until the pace of a project lets one more request be carried out, for maxWait at most. It answers false where
// the client does not wait for so long.
func (s *share) pace(ctx context.Context, project string) bool {
	wait := s.paces.reserve(project)
	if wait <= 0 {
		return true
	}
	s.countPaced(1)
	defer s.countPaced(-1)
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case <-over.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *share) countPaced(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paced += n
}

// done ends a turn of a project.
func (s *share) done(project string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.projects[project].running--
	s.next()
}

// leave takes a request out of the line. It answers false where it has got its turn meanwhile.
func (s *share) leave(w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.line, w)
	if i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	}
	return i >= 0
}

// next gives the turns that there are to those whose turn it is. The caller holds mu.
func (s *share) next() {
	for s.running < s.most {
		var first int
		var of *presence
		for i, w := range s.line {
			p := s.projects[w.project]
			if p.running < s.turns(w.project) && (of == nil || p.before(of)) {
				first, of = i, p
			}
		}
		if of == nil {
			return
		}
		close(s.line[first].turn)
		s.line = slices.Delete(s.line, first, first+1)
		s.running++
		s.given++
		of.running++
		of.last = s.given
	}
}

// before tells whether the next turn goes to a project rather than to another one.
func (p *presence) before(other *presence) bool {
	return p.running < other.running || p.running == other.running && p.last < other.last
}

// turns is how many turns a project may have at a time.
func (s *share) turns(project string) int {
	if s.company.of(project) {
		return max(1, s.most/beside)
	}
	return max(1, s.most/alone)
}
