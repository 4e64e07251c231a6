package client

import (
	"errors"
	"net/http"
)

// The codes by which both roots say what a call may want to tell apart.
const (
	csNoCluster     = "CS.20005"
	csNoPeering     = "CS.22103"
	csPeered        = "CS.22104"
	csWrongStatus   = "CS.22105"
	csRouteExists   = "CS.22109"
	csNoRoute       = "CS.22110"
	csClusterInUse  = "CS.22111"
	csQuota         = "CS.22113"
	csKeyReused     = "CS.22114"
	csInvalidBody   = "CS.10004"
	csInvalid       = "CS.22101"
	csSelfPeering   = "CS.22102"
	csInvalidBlock  = "CS.22112"
	vpcNoPeering    = "VPC.2204"
	vpcNoRoute      = "VPC.22112"
	vpcQuota        = "VPC.0114"
	vpcKeyReused    = "VPC.22114"
	vpcInvalid      = "VPC.22101"
	vpcSelfPeering  = "VPC.22102"
	vpcPeered       = "VPC.22104"
	vpcWrongStatus  = "VPC.22105"
	vpcRouteExists  = "VPC.22111"
	vpcClusterInUse = "VPC.22113"
)

// IsInvalid tells whether an error says that the request does not follow the contract, or that what it holds does not fit
// together. Error.Violations says where.
func IsInvalid(err error) bool {
	return has(err, func(e *Error) bool {
		switch e.Status {
		case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType:
			return true
		default:
			return e.is(csInvalidBody, csInvalid, csSelfPeering, csInvalidBlock, vpcInvalid, vpcSelfPeering)
		}
	})
}

// IsUnauthorized tells whether an error says that the caller is not known: there are no credentials, or none that are valid.
func IsUnauthorized(err error) bool {
	return has(err, func(e *Error) bool { return e.Status == http.StatusUnauthorized })
}

// IsForbidden tells whether an error says that the caller is known, but may not do what was asked for.
func IsForbidden(err error) bool {
	return has(err, func(e *Error) bool { return e.Status == http.StatusForbidden })
}

// IsNotFound tells whether an error says that the cluster, the peering or the route does not exist, or is not the
// caller's. It does not where there is no API at the endpoint.
func IsNotFound(err error) bool {
	return has(err, func(e *Error) bool { return e.is(csNoCluster, csNoPeering, csNoRoute, vpcNoPeering, vpcNoRoute) })
}

// IsConflict tells whether an error says that the VPCs are peered already, that the route exists, that the cluster has
// live peerings, or that the status of the peering does not allow what was asked for.
func IsConflict(err error) bool {
	return has(err, func(e *Error) bool {
		return e.is(csPeered, csWrongStatus, csRouteExists, csClusterInUse, vpcPeered, vpcWrongStatus, vpcRouteExists, vpcClusterInUse)
	})
}

// IsQuotaExceeded tells whether an error says that the tenant or the cluster has as many peerings as it may.
func IsQuotaExceeded(err error) bool {
	return has(err, func(e *Error) bool { return e.is(csQuota, vpcQuota) })
}

// IsKeyReused tells whether an error says that the idempotency key belongs to another request.
func IsKeyReused(err error) bool {
	return has(err, func(e *Error) bool { return e.is(csKeyReused, vpcKeyReused) })
}

// IsRateLimited tells whether an error says that too many requests were sent. Nothing was changed.
func IsRateLimited(err error) bool {
	return has(err, func(e *Error) bool { return e.Status == http.StatusTooManyRequests })
}

// IsUnavailable tells whether an error says that the service could not answer. A change may have been made all the same.
func IsUnavailable(err error) bool {
	return has(err, func(e *Error) bool { return e.Status == http.StatusServiceUnavailable })
}

// IsOutcomeUnknown tells whether a change that a call asked for may have been made in spite of its error: an attempt was
// not answered, or with 5xx, and no later one settled it. The same call again settles it; for a creation with the same
// IdempotencyKey.
func IsOutcomeUnknown(err error) bool {
	if e, ok := errors.AsType[*noAnswerError](err); ok {
		return e.unknown
	}
	return has(err, func(e *Error) bool { return e.unknown })
}

// IsRetryable tells whether a call that failed may succeed when it is made again, and is safe to make again, as
// Error.Retryable does; also for calls that got no answer, unless their context has ended.
func IsRetryable(err error) bool {
	if e, ok := errors.AsType[*noAnswerError](err); ok {
		return !e.hopeless
	}
	return has(err, (*Error).Retryable)
}

func has(err error, what func(*Error) bool) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && what(e)
}
