package peering

import (
	"errors"
	"fmt"
)

// A Code classifies an error. Each API root maps codes to a status and an error
// code of its own.
type Code string

// Codes of errors.
const (
	// Internal is the code of errors without one.
	Internal Code = "internal"
	// Invalid means that the request violates the contract.
	Invalid Code = "invalid"
	// InvalidNetwork means that well-formed addresses are not valid: a CIDR block
	// has host bits set, or blocks overlap or do not contain each other as
	// required.
	InvalidNetwork Code = "invalid_network"
	// SelfPeering means that both sides of a peering are the same VPC.
	SelfPeering Code = "self_peering"
	// Unauthenticated means that the request has no valid credentials.
	Unauthenticated Code = "unauthenticated"
	// TokenExpired means that the token was valid but has expired.
	TokenExpired Code = "token_expired"
	// WrongProject means that the project of the request is not the caller's.
	WrongProject Code = "wrong_project"
	// Forbidden means that the caller's roles do not permit the operation, or that
	// it is reserved for the other side of the peering.
	Forbidden Code = "forbidden"
	// ClusterNotFound means that the cluster does not exist in the project.
	ClusterNotFound Code = "cluster_not_found"
	// ClusterInUse means that the cluster has live peerings.
	ClusterInUse Code = "cluster_in_use"
	// NotFound means that the peering does not exist or is not visible to the
	// caller.
	NotFound Code = "not_found"
	// AlreadyPeered means that the two VPCs already have a live peering.
	AlreadyPeered Code = "already_peered"
	// WrongStatus means that the status of the peering does not allow the action.
	WrongStatus Code = "wrong_status"
	// RouteExists means that the peering already has a route to the destination.
	RouteExists Code = "route_exists"
	// RouteNotFound means that the peering does not have the route.
	RouteNotFound Code = "route_not_found"
	// QuotaExceeded means that the operation would exceed one of the Quotas.
	QuotaExceeded Code = "quota_exceeded"
	// KeyReused means that the idempotency key was used for another request.
	KeyReused Code = "key_reused"
	// Unavailable means that the store did not respond. The outcome of a change is
	// unknown.
	Unavailable Code = "unavailable"
)

// An Error is an error with a code and a message for the user.
type Error struct {
	Code Code
	// Message tells the user what is invalid and, unless it is obvious, what to
	// do, in complete sentences.
	Message string
	// Field is the JSON pointer of the invalid property of the request body, or
	// empty. With a field, Message is a predicate that follows it, such as "must
	// not be empty".
	Field string
	// Err is the cause. It is logged and not shown to the user.
	Err error
}

// Errorf returns an error of the code with a formatted message for the user.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalidNetwork returns an error of code InvalidNetwork for a property of the
// request body.
func invalidNetwork(field, format string, args ...any) *Error {
	e := Errorf(InvalidNetwork, format, args...)
	e.Field = field
	return e
}

// NewNotFound returns an error of code NotFound. Its message does not reveal
// whether the peering exists and is not visible to the caller.
func NewNotFound(id ID) *Error {
	return Errorf(NotFound, "Peering %s does not exist.", id)
}

// Error returns the code, the message and the cause, for the log.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	return e.Err
}

// CodeOf returns the code of an error, which is Internal if it has none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
