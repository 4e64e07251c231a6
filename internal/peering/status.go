package peering

// Status is the state of a peering.
type Status string

// Statuses of a peering, with their names on the wire.
const (
	// PendingAcceptance means that the accepter has not decided yet.
	PendingAcceptance Status = "PENDING_ACCEPTANCE"
	// Active means that the peering connects the VPCs.
	Active Status = "ACTIVE"
	// Rejected means that the accepter rejected the peering.
	Rejected Status = "REJECTED"
	// Expired means that the peering was pending for too long. It can only be
	// deleted.
	Expired Status = "EXPIRED"
	// Deleted means that the peering was deleted. The store removes such
	// peerings.
	Deleted Status = "DELETED"
)

// Live reports whether the status is pending or active. Two VPCs have at most
// one live peering.
func (s Status) Live() bool {
	return s == PendingAcceptance || s == Active
}

// Action is an operation on a peering. Its value is a verb for messages.
type Action string

// Actions on a peering.
const (
	Accept Action = "accept"
	Reject Action = "reject"
	Rename Action = "rename"
	Expire Action = "expire"
	Delete Action = "delete"
)

// moves is the state machine. Actions that it does not list are conflicts.
var moves = map[Status]map[Action]Status{
	PendingAcceptance: {Accept: Active, Reject: Rejected, Rename: PendingAcceptance, Expire: Expired, Delete: Deleted},
	Active:            {Accept: Active, Rename: Active, Delete: Deleted},
	Rejected:          {Reject: Rejected, Rename: Rejected, Delete: Deleted},
	Expired:           {Expire: Expired, Delete: Deleted},
	Deleted:           {},
}

// Next returns the status after an action, and whether the status allows the
// action.
func Next(s Status, a Action) (next Status, ok bool) {
	next, ok = moves[s][a]
	return next, ok
}
