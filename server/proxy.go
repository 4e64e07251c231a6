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

// encrypted tells whether a request came over TLS, to this server or to a trusted proxy before it.
func encrypted(r *http.Request) bool {
	told, ok := r.Context().Value(encryptedKey{}).(bool)
	if ok {
		return told
	}
	return r.TLS != nil
}

// remoteAddress finds the address of the caller: the nearest one that is not that of a trusted proxy.
func remoteAddress(proxies []net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// believeProxies takes from X-Forwarded-Proto and X-Forwarded-Host under which URL the caller reached a trusted proxy.
// From anybody else these headers say nothing.
func believeProxies(proxies []net.IPNet) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if r := c.Request(); fromProxy(r, proxies) {
				if host := nearest(r.Header, "X-Forwarded-Host"); validHost(host) {
					r.Host = host
				}
				if scheme := nearest(r.Header, echo.HeaderXForwardedProto); scheme == "http" || scheme == "https" {
					c.SetRequest(r.WithContext(context.WithValue(r.Context(), encryptedKey{}, scheme == "https")))
				}
			}
			return next(c)
		}
	}
}

// fromProxy tells whether a request came over a connection of a trusted proxy.
func fromProxy(r *http.Request, proxies []net.IPNet) bool {
	if len(proxies) == 0 {
		return false
	}
	peer := net.ParseIP(echo.ExtractIPDirect()(r))
	return peer != nil && slices.ContainsFunc(proxies, func(p net.IPNet) bool { return p.Contains(peer) })
}

// nearest answers the last value of a header that may be a list: the one that the proxy nearest to this server gave.
func nearest(h http.Header, name string) string {
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
