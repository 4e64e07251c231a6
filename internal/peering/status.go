package peering

// Status is where a peering stands.
type Status string

// The five statuses, with the names that they have on the wire.
const (
	// PendingAcceptance waits for the accepter.
	PendingAcceptance Status = "PENDING_ACCEPTANCE"
	// Active connects the VPCs.
	Active Status = "ACTIVE"
	// Rejected was refused by the accepter.
	Rejected Status = "REJECTED"
	// Expired waited for too long. It can only be deleted.
	Expired Status = "EXPIRED"
	// Deleted is gone: the store keeps no peering in this status.
	Deleted Status = "DELETED"
)

// Live tells whether a peering in this status takes up its pair of VPCs.
func (s Status) Live() bool {
	return s == PendingAcceptance || s == Active
}

// Action is what can be done to a peering. Its value is the verb for messages.
type Action string

// The actions.
const (
	Accept Action = "accept"
	Reject Action = "reject"
	Rename Action = "rename"
	Expire Action = "expire"
	Delete Action = "delete"
)

// moves is all that is allowed. What does not stand here is a conflict.
var moves = map[Status]map[Action]Status{
	PendingAcceptance: {Accept: Active, Reject: Rejected, Rename: PendingAcceptance, Expire: Expired, Delete: Deleted},
	Active:            {Accept: Active, Rename: Active, Delete: Deleted},
	Rejected:          {Reject: Rejected, Rename: Rejected, Delete: Deleted},
	Expired:           {Expire: Expired, Delete: Deleted},
	Deleted:           {},
}

// Next answers the status after an action and whether the action is allowed at all.
func Next(s Status, a Action) (next Status, ok bool) {
	next, ok = moves[s][a]
	return next, ok
}
