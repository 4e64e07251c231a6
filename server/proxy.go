package server

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

type encryptedKey struct{}

// encrypted reports whether the client sent a request over TLS, to this server
// or to a trusted proxy.
func encrypted(r *http.Request) bool {
	forwarded, ok := r.Context().Value(encryptedKey{}).(bool)
	if ok {
		return forwarded
	}
	return r.TLS != nil
}

// clientAddress extracts the client's address: the last hop that is not a
// trusted proxy.
func clientAddress(proxies []net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// forwardedHeaders applies X-Forwarded-Proto and X-Forwarded-Host of trusted
// proxies to the request's URL. It ignores these headers from other clients.
func forwardedHeaders(proxies []net.IPNet) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if r := c.Request(); fromProxy(r, proxies) {
				if host := lastValue(r.Header, "X-Forwarded-Host"); validHost(host) {
					r.Host = host
				}
				if scheme := lastValue(r.Header, echo.HeaderXForwardedProto); scheme == "http" || scheme == "https" {
					c.SetRequest(r.WithContext(context.WithValue(r.Context(), encryptedKey{}, scheme == "https")))
				}
			}
			return next(c)
		}
	}
}

// fromProxy reports whether a request's connection comes from a trusted proxy.
func fromProxy(r *http.Request, proxies []net.IPNet) bool {
	if len(proxies) == 0 {
		return false
	}
	peer := net.ParseIP(echo.ExtractIPDirect()(r))
	return peer != nil && slices.ContainsFunc(proxies, func(p net.IPNet) bool { return p.Contains(peer) })
}

// lastValue returns the last element of a header that may be a list, which the
// nearest proxy has added.
func lastValue(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	list := strings.Split(values[len(values)-1], ",")
	return strings.TrimSpace(list[len(list)-1])
}

func validHost(host string) bool {
	u, err := url.Parse("//" + host)
	return err == nil && host != "" && u.Host == host
}
