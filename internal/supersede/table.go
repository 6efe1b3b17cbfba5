package supersede

// A Kind is the kind of a request.
type Kind int

// The kinds of requests.
const (
	Create              Kind = iota
	Update                   // in place
	Replacement              // an Update to another physical id
	ReplacementRollback      // the Update with which CloudFormation rolls a replacement back
	Delete                   // of a physical id that this provider has answered
	GeneratedDelete          // of a physical id that CloudFormation generated
)

// A Rule says what a request of one kind does about supersession.
type Rule struct {
	// AsksFirst: when it is stale, it asks before its first write.
	AsksFirst bool
	// AsksOwner: at any age, it asks whether its set belongs to the current resource. Only a
	// generated id leaves that open.
	AsksOwner bool
	// AsksBeforeRemovals: when it is late, it asks before it removes worker groups. If it
	// is superseded it stops there, and reverts nothing.
	AsksBeforeRemovals bool
	// AsksLast: when it is late, it asks after its last write, and every hiddenPause
	// while IAM does not show what it has made. If it is abandoned it rolls back.
	AsksLast bool
	// Verified: if the administrator has set VerifyRequests, it asks while it observes whether
	// CloudFormation is at work on the resource, or on its stack, and otherwise changes
	// nothing.
	Verified bool
	// QuietPeriod: when its work is done, it looks again for a while, since the request that
	// it follows may still be in flight.
	QuietPeriod bool
}

// rules is the table: one row for each kind of request.
var rules = [...]Rule{
	Create:              {AsksFirst: true, AsksLast: true, Verified: true},
	Update:              {AsksFirst: true, AsksBeforeRemovals: true, Verified: true},
	Replacement:         {AsksFirst: true, AsksLast: true, Verified: true},
	ReplacementRollback: {AsksFirst: true, AsksBeforeRemovals: true, Verified: true, QuietPeriod: true},
	Delete:              {Verified: true},
	GeneratedDelete:     {AsksOwner: true, Verified: true, QuietPeriod: true},
}

// Rule returns the row of the table for a kind.
func (k Kind) Rule() Rule { return rules[k] }

var names = [...]string{
	Create:              "Create",
	Update:              "Update in place",
	Replacement:         "replacement",
	ReplacementRollback: "rollback of a replacement",
	Delete:              "Delete",
	GeneratedDelete:     "Delete with a generated id",
}

// String returns the kind's name in the log.
func (k Kind) String() string { return names[k] }
