package client

import (
	"errors"
	"net/http"
)

// The error codes of both roots that the predicates below distinguish.
const (
	csClusterNotFound    = "CS.20005"
	csPeeringNotFound    = "CS.22103"
	csAlreadyPeered      = "CS.22104"
	csStatusConflict     = "CS.22105"
	csRouteExists        = "CS.22109"
	csRouteNotFound      = "CS.22110"
	csClusterInUse       = "CS.22111"
	csQuotaExceeded      = "CS.22113"
	csKeyReused          = "CS.22114"
	csInvalidBody        = "CS.10004"
	csInvalidParameter   = "CS.22101"
	csSelfPeering        = "CS.22102"
	csInvalidDestination = "CS.22112"
	vpcPeeringNotFound   = "VPC.2204"
	vpcRouteNotFound     = "VPC.22112"
	vpcQuotaExceeded     = "VPC.0114"
	vpcKeyReused         = "VPC.22114"
	vpcInvalidParameter  = "VPC.22101"
	vpcSelfPeering       = "VPC.22102"
	vpcAlreadyPeered     = "VPC.22104"
	vpcStatusConflict    = "VPC.22105"
	vpcRouteExists       = "VPC.22111"
	vpcClusterInUse      = "VPC.22113"
)

// IsInvalid reports whether the service rejected the request as invalid: it
// violates the contract, or its values contradict each other. Error.Violations
// lists the invalid parts.
func IsInvalid(err error) bool {
	return matches(err, func(e *Error) bool {
		switch e.Status {
		case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType:
			return true
		default:
			return e.hasCode(csInvalidBody, csInvalidParameter, csSelfPeering, csInvalidDestination,
				vpcInvalidParameter, vpcSelfPeering)
		}
	})
}

// IsUnauthorized reports whether the service did not authenticate the caller:
// the credentials are missing or invalid (status 401).
func IsUnauthorized(err error) bool {
	return matches(err, func(e *Error) bool { return e.Status == http.StatusUnauthorized })
}

// IsForbidden reports whether the caller is authenticated but not permitted to
// make this call (status 403).
func IsForbidden(err error) bool {
	return matches(err, func(e *Error) bool { return e.Status == http.StatusForbidden })
}

// IsNotFound reports whether the cluster, the peering or the route does not
// exist, or is not visible to the caller. It is false for a 404 of a server
// that does not serve this API.
func IsNotFound(err error) bool {
	return matches(err, func(e *Error) bool {
		return e.hasCode(csClusterNotFound, csPeeringNotFound, csRouteNotFound, vpcPeeringNotFound, vpcRouteNotFound)
	})
}

// IsConflict reports whether the current state does not allow the call: the
// VPCs are already peered, the route exists, the cluster has pending or active
// peerings, or the peering has the wrong status.
func IsConflict(err error) bool {
	return matches(err, func(e *Error) bool {
		return e.hasCode(csAlreadyPeered, csStatusConflict, csRouteExists, csClusterInUse,
			vpcAlreadyPeered, vpcStatusConflict, vpcRouteExists, vpcClusterInUse)
	})
}

// IsQuotaExceeded reports whether the tenant or the cluster has reached its
// quota of peerings.
func IsQuotaExceeded(err error) bool {
	return matches(err, func(e *Error) bool { return e.hasCode(csQuotaExceeded, vpcQuotaExceeded) })
}

// IsKeyReused reports whether the idempotency key has already been used for a
// different request.
func IsKeyReused(err error) bool {
	return matches(err, func(e *Error) bool { return e.hasCode(csKeyReused, vpcKeyReused) })
}

// IsRateLimited reports whether the caller has exceeded its rate limit (status
// 429). The request had no effect.
func IsRateLimited(err error) bool {
	return matches(err, func(e *Error) bool { return e.Status == http.StatusTooManyRequests })
}

// IsUnavailable reports whether the service was unavailable (status 503). A
// change may have been made; see IsOutcomeUnknown.
func IsUnavailable(err error) bool {
	return matches(err, func(e *Error) bool { return e.Status == http.StatusServiceUnavailable })
}

// IsOutcomeUnknown reports whether the change may have been made in spite of
// the error: an attempt got no response or a 408 or 5xx, and no later attempt
// resolved its outcome. Making the same call again resolves it, for a create
// with the same IdempotencyKey.
func IsOutcomeUnknown(err error) bool {
	if e, ok := errors.AsType[*noResponseError](err); ok {
		return e.outcomeUnknown
	}
	return matches(err, func(e *Error) bool { return e.outcomeUnknown })
}

// IsRetryable reports whether the same call may succeed later and is safe to
// make: see Error.Retryable. It can also be true for a call that got no
// response, unless its context has ended.
func IsRetryable(err error) bool {
	if e, ok := errors.AsType[*noResponseError](err); ok {
		return e.retryable
	}
	return matches(err, (*Error).Retryable)
}

// matches reports whether err is an *Error for which the predicate holds.
func matches(err error, predicate func(*Error) bool) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && predicate(e)
}
