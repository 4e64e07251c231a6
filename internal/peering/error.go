package peering

import (
	"errors"
	"fmt"
)

// A Code says which kind of failure an error is. Every root of the API has one status and one error code for each.
type Code string

// The codes of the domain.
const (
	// Internal is everything without a code.
	Internal Code = "internal"
	// Invalid is a request that does not follow the contract.
	Invalid Code = "invalid"
	// InvalidNetwork is addresses that are well formed, but do not fit: host bits, blocks that overlap or lie apart.
	InvalidNetwork Code = "invalid_network"
	// SelfPeering is a peering of a VPC with itself.
	SelfPeering Code = "self_peering"
	// Unauthenticated is a request that does not say who calls.
	Unauthenticated Code = "unauthenticated"
	// TokenExpired is a token that was good once.
	TokenExpired Code = "token_expired"
	// WrongProject is a request about another project than the caller's.
	WrongProject Code = "wrong_project"
	// Forbidden is an action that the caller's role does not allow, or one on a peering that the caller sees, but that the
	// other side has to take.
	Forbidden Code = "forbidden"
	// ClusterNotFound is a cluster that does not exist in the project.
	ClusterNotFound Code = "cluster_not_found"
	// ClusterInUse is a cluster with live peerings.
	ClusterInUse Code = "cluster_in_use"
	// NotFound is a peering that does not exist or that the caller does not see.
	NotFound Code = "not_found"
	// AlreadyPeered is a second live peering of one pair of VPCs.
	AlreadyPeered Code = "already_peered"
	// WrongStatus is an action that the status of the peering does not allow.
	WrongStatus Code = "wrong_status"
	// RouteExists is a second route of one peering to the same destination.
	RouteExists Code = "route_exists"
	// RouteNotFound is a route that the peering does not have.
	RouteNotFound Code = "route_not_found"
	// QuotaExceeded is one peering more than there may be.
	QuotaExceeded Code = "quota_exceeded"
	// KeyReused is an idempotency key that came with another request before.
	KeyReused Code = "key_reused"
	// Unavailable is a store that did not answer. A change may have been made all the same.
	Unavailable Code = "unavailable"
)

// An Error is a failure with a code.
type Error struct {
	Code Code
	// Message is for the user: whole sentences that say what was wrong and, where it is not obvious, what to do.
	Message string
	// Field is the JSON pointer of the member of the request's body that Message is about; mostly empty. Message then
	// continues the sentence that the field begins.
	Field string
	// Err is for the log only.
	Err error
}

// Errorf makes an error of the code with a message for the user.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// misfit makes an error of code InvalidNetwork for a member of the request's body.
func misfit(field, format string, args ...any) *Error {
	e := Errorf(InvalidNetwork, format, args...)
	e.Field = field
	return e
}

// NewNotFound is the error of code NotFound for the id, the same whether the peering does not exist or is not the caller's.
func NewNotFound(id ID) *Error {
	return Errorf(NotFound, "Peering %s does not exist.", id)
}

// Error is for the log: the code, the message and the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap answers the cause.
func (e *Error) Unwrap() error {
	return e.Err
}

// CodeOf answers the code of an error, Internal for one without.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
