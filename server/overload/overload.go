// Package overload keeps a server responsive when callers send more than it can
// process: RateLimiter limits the rate of each caller, InFlight the number of
// its concurrent requests, and Queue the concurrency of the server, which it
// shares fairly between callers. Requests that exceed the queue are shed.
// Throttle slows down the connections of callers that ignore refusals.
package overload
