package server

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server/overload"
	"github.com/peering/peering/validate"
)

// Limits bound the load that callers may cause. A zero value sets no limit.
type Limits struct {
	// Rate is the number of requests per second that a project may send on
	// average, Burst the number it may send at once. The same limits apply to
	// requests without valid credentials from one address.
	Rate  float64
	Burst int
	// MaxReads and MaxWrites are the numbers of GET requests and of other
	// requests that are processed concurrently, of which one project may use a
	// 24th. Three times as many may wait, for at most one second; the rest
	// return 503. A project may have half of all these requests in flight; more
	// return 429.
	MaxReads, MaxWrites int
}

const (
	// queueFactor is the number of requests that may wait per request that is
	// processed.
	queueFactor = 3
	// maxWait is the longest time that a request waits in the queue.
	maxWait = time.Second
	// projectShare is the part of the concurrency, as a divisor, that one
	// project may use. It is small, because a project's burst of writes delays
	// those of other projects in the store (BenchmarkLoudProject).
	projectShare = 24
	// throttleDelay is the minimum delay of the next request on a connection
	// after a 429 response.
	throttleDelay = time.Second
	// refusalLogInterval is the shortest time between two log lines about
	// refused requests.
	refusalLogInterval = 10 * time.Second
)

// errOverload is the cause of all errors for requests refused by Limits.
var errOverload = errors.New("refused to limit the load")

// limiter enforces Limits.
type limiter struct {
	projects, addresses *overload.RateLimiter
	reads, writes       *operationQueue
	trustedProxies      []net.IPNet
	metrics             *metrics
	log                 *slog.Logger

	mu sync.Mutex
	// refused counts the refusals since loggedAt by reason.
	refused  map[string]int
	loggedAt time.Time
}

// operationQueue limits the concurrency of the read or the write operations.
type operationQueue struct {
	*overload.Queue

	// kind is read or write.
	kind     string
	projects *overload.InFlight
}

func newOperationQueue(kind string, concurrency int) *operationQueue {
	return &operationQueue{
		Queue: overload.NewQueue(overload.QueueConfig{
			Concurrency:    concurrency,
			KeyConcurrency: max(1, concurrency/projectShare),
			Length:         queueFactor * concurrency,
			MaxWait:        maxWait,
		}),
		kind:     kind,
		projects: overload.NewInFlight(concurrency * (1 + queueFactor) / 2),
	}
}

func newLimiter(cfg Config, operations []*validate.Operation) (*limiter, error) {
	l := &limiter{
		projects:       overload.NewRateLimiter("project", cfg.Limits.Rate, cfg.Limits.Burst, cfg.Now),
		addresses:      overload.NewRateLimiter("address", cfg.Limits.Rate, cfg.Limits.Burst, cfg.Now),
		reads:          newOperationQueue("read", cfg.Limits.MaxReads),
		writes:         newOperationQueue("write", cfg.Limits.MaxWrites),
		trustedProxies: cfg.TrustedProxies,
		log:            cfg.Log,
		refused:        map[string]int{},
	}
	var err error
	l.metrics, err = newMetrics(operations, cfg.Metrics)
	return l, errors.Join(err, registerQueue(cfg.Metrics, l.reads), registerQueue(cfg.Metrics, l.writes))
}

// throttle delays the next request on the connection of a request over a limit
// by the Retry-After of most refusals, and by up to twice that at random. So a
// client that ignores Retry-After cannot occupy the server with refusals, and
// its connections do not return all at once. Without it, the p99 latency of the
// quiet project in BenchmarkLoudProject rises to 5 instead of 2.1 times its
// usual beside the loud project, and to 35 instead of 1.8 times in a flood.
// Connections of trusted proxies are shared by clients and not throttled.
func (l *limiter) throttle(c echo.Context) {
	if !fromProxy(c.Request(), l.trustedProxies) {
		overload.Throttle(c.Request().Context(), throttleDelay+rand.N(throttleDelay)) //nolint:gosec // no secret
	}
}

// refuse counts and logs a refusal and returns its error.
func (l *limiter) refuse(reason string, code peering.Code, format string, args ...any) error {
	l.metrics.refused.WithLabelValues(reason).Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[reason]++
	if now := time.Now(); now.Sub(l.loggedAt) >= refusalLogInterval {
		l.log.Warn("requests refused to limit the load", "refused", l.refused)
		l.loggedAt = now
		clear(l.refused)
	}
	e := peering.Errorf(code, format, args...)
	e.Err = errOverload
	return e
}

func (l *limiter) shed(q *operationQueue) error {
	return l.refuse(q.kind+"s", peering.Unavailable, "The server is at its concurrency limit. Nothing was changed.")
}

// queueOf returns the queue of an operation.
func (l *limiter) queueOf(operation *validate.Operation) *operationQueue {
	if operation.Method == http.MethodGet {
		return l.reads
	}
	return l.writes
}

// shedLoad refuses requests while the queue is full, before their body is read.
// Other requests enter the queue when their body has arrived and leave it when
// the response begins, so that slow clients do not occupy it.
func (l *limiter) shedLoad(operation *validate.Operation) echo.MiddlewareFunc {
	q := l.queueOf(operation)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if q.Full() {
				discardBody(c)
				return l.shed(q)
			}
			if err := receiveBody(c.Request()); err != nil {
				return err
			}
			if !q.Enter() {
				discardBody(c)
				return l.shed(q)
			}
			leave := sync.OnceFunc(q.Leave)
			defer leave()
			c.Response().Before(leave)
			return next(c)
		}
	}
}

// limitAddress refuses requests from an address that has failed to authenticate
// too often. Only failures of the following handlers to authenticate count.
func (l *limiter) limitAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := addressKey(c.RealIP())
		if quota := l.addresses.Peek(address); quota.Exceeded {
			quota.SetHeaders(c.Response().Header())
			l.throttle(c)
			return l.refuse("address", tooManyRequests,
				"Too many requests without valid credentials came from your address. Nothing was changed.")
		}
		err := next(c)
		if err != nil && csErrors[failureOf(err).code].status == http.StatusUnauthorized {
			l.addresses.Take(address)
		}
		return err
	}
}

// addressKey returns the key of an address: for IPv6 its /64 network, the
// smallest that a subscriber has.
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

// limitProject refuses requests of a project over its rate or with too many
// requests in flight. Other requests wait in the queue. All responses carry the
// project's quota.
func (l *limiter) limitProject(operation *validate.Operation) echo.MiddlewareFunc {
	q := l.queueOf(operation)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			project := projectKey(callerOf(c.Request().Context()).project)
			quota := l.projects.Take(project)
			quota.SetHeaders(c.Response().Header())
			if quota.Exceeded {
				l.throttle(c)
				return l.refuse("rate", tooManyRequests, "The project is over its request rate. Nothing was changed.")
			}
			if !q.projects.Acquire(project) {
				c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
				l.throttle(c)
				return l.refuse("project_"+q.kind+"s", tooManyRequests,
					"The project already has %d %s requests in flight, the maximum. Nothing was changed.", q.projects.Limit(), q.kind)
			}
			// A response that is read slowly counts for its project until it is
			// written, but frees its place in the queue before.
			defer q.projects.Release(project)
			release, err := q.Acquire(c.Request().Context(), project)
			if err != nil {
				return l.shed(q)
			}
			defer release()
			c.Response().Before(release)
			return next(c)
		}
	}
}

// projectKey returns the key of a project. All invalid ids, which validation
// rejects later, share one key.
func projectKey(project peering.ID) string {
	if !project.Valid() {
		return ""
	}
	return project.Key()
}
