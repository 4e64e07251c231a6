package server

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// Limits bound what callers may ask for. Zero values set no bound.
type Limits struct {
	// Rate is how many requests per second a project may send on average, Burst how many at once; these are carried out over
	// five seconds while others send requests, too. An address from which as many requests without valid credentials come is
	// refused before the credentials of one more are looked at.
	Rate  float64
	Burst int
	// MaxReads and MaxWrites are how many requests with GET, and with other methods, are carried out at a time. Three times
	// as many may wait for their turn, for a second at most; more are refused at once. A project may have half of all these
	// in flight, and a third of those carried out, or a twenty-fourth while others send requests, too.
	MaxReads, MaxWrites int
}

// maxURI is how many bytes the URI of a request has at most.
const maxURI = 8 << 10

// limits holds callers to their Limits.
type limits struct {
	projects, addresses *buckets
	reads, writes       *share
	metrics             *metrics
	log                 *slog.Logger

	mu sync.Mutex
	// refused are how many requests were refused for each reason since told, when the log was told last.
	refused map[string]int
	told    time.Time
}

// errCrowd is the cause of all refusals for what else was sent.
var errCrowd = errors.New("too much is sent")

// tellEvery is how often the log is told of refusals at most.
const tellEvery = 10 * time.Second

func newLimits(cfg Config, operations []*validate.Operation) (*limits, error) {
	company, paces := &company{now: cfg.Now}, newPaces(cfg.Limits, cfg.Now)
	l := &limits{
		projects:  newBuckets("project", cfg.Limits, cfg.Now),
		addresses: newBuckets("address", cfg.Limits, cfg.Now),
		reads:     newShare("read", cfg.Limits.MaxReads, company, paces),
		writes:    newShare("write", cfg.Limits.MaxWrites, company, paces),
		log:       cfg.Log,
		refused:   map[string]int{},
	}
	var err error
	l.metrics, err = newMetrics(operations, cfg.Metrics)
	return l, errors.Join(err, l.reads.watch(cfg.Metrics), l.writes.watch(cfg.Metrics))
}

// refuse counts a refusal for a reason and makes its error.
func (l *limits) refuse(reason string, code peering.Code, format string, args ...any) error {
	l.metrics.refused.WithLabelValues(reason).Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[reason]++
	if now := time.Now(); now.Sub(l.told) >= tellEvery {
		l.log.Warn("requests are refused because too many are sent", "refused", l.refused)
		l.told = now
		clear(l.refused)
	}
	e := peering.Errorf(code, format, args...)
	e.Err = errCrowd
	return e
}

// strangers refuses requests from an address from which too many came whose callers could not be identified. What
// follows it identifies the caller, and costs nothing then.
func (l *limits) strangers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := addressKey(c.RealIP())
		if b := l.addresses.look(address); b.refused {
			b.show(c.Response().Header())
			return l.refuse("address", tooManyRequests, "Too many requests without valid credentials come from your address. Nothing was changed.")
		}
		err := next(c)
		if err != nil && csErrors[failureOf(err).code].status == http.StatusUnauthorized {
			l.addresses.take(address)
		}
		return err
	}
}

// addressKey is what requests from an address are counted under: a network of 64 bits for IPv6, of which everybody has
// one at least.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// project refuses requests of an identified caller that come too often, or while its project has its part of the
// share; others wait for their turn. All answers say how many more it may send.
func (l *limits) project(operation *validate.Operation) echo.MiddlewareFunc {
	s := l.shareOf(operation)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			project := projectKey(callerOf(c.Request().Context()).project)
			b := l.projects.take(project)
			b.show(c.Response().Header())
			if b.refused {
				return l.refuse("rate", tooManyRequests, "The project sends too many requests. Nothing was changed.")
			}
			if !s.hold(project) {
				c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
				return l.refuse("project_"+s.kind+"s", tooManyRequests,
					"The project has %d requests of this kind in flight, as many as it may. Nothing was changed.", s.part())
			}
			// A client that takes its answer slowly holds its project's part, but nobody else's.
			defer s.letGo(project)
			done, ok := s.turn(c.Request().Context(), project)
			if !ok {
				return l.busy(s)
			}
			defer done()
			c.Response().Before(done)
			return next(c)
		}
	}
}

// projectKey is what requests of a project are counted under. Ids that are none, which validation refuses, are one.
func projectKey(project peering.ID) string {
	if !project.Valid() {
		return ""
	}
	return project.Key()
}

// refuseLongURI refuses requests whose URI is too long.
func refuseLongURI(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(c.Request().RequestURI) > maxURI {
			return peering.Errorf(uriTooLong, "The URI has more than %d bytes.", maxURI)
		}
		return next(c)
	}
}
