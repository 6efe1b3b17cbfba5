package supersede

// A Kind is what a request is to CloudFormation.
type Kind int

// The kinds of requests.
const (
	Create              Kind = iota
	Update                   // in place
	Replacement              // an Update to another physical id
	ReplacementRollback      // the Update that CloudFormation rolls a replacement back with
	Delete                   // of a physical id that this provider has answered
	GeneratedDelete          // of a physical id that CloudFormation generated
)

// A Rule says what a request of one kind does about supersession.
type Rule struct {
	// AsksFirst: when it is stale, it asks before its first write.
	AsksFirst bool
	// AsksOwner: it asks, whatever its age, whether its set belongs to the resource as
	// it is by now. Only a physical id that CloudFormation generated leaves that open.
	AsksOwner bool
	// AsksBeforeRemovals: when it is late, it asks before it removes worker groups. If it
	// is superseded it stops there, and reverts nothing.
	AsksBeforeRemovals bool
	// AsksLast: when it is late, it asks after its last write, and every hiddenPause
	// while IAM does not show what it has made. If it is abandoned it rolls back.
	AsksLast bool
	// Verified: where the administrator wants it, it asks while it observes whether
	// CloudFormation is at work on the resource, or on its stack, at all, and changes nothing
	// otherwise.
	Verified bool
	// QuietPeriod: when its work is done, it goes on looking, since the request that it
	// follows may still be in flight.
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

// String names the kind, as the log does.
func (k Kind) String() string { return names[k] }
