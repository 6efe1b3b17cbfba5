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

// A Rule says when a request of one kind asks CloudFormation, and what it does if it is
// superseded or abandoned, if it fails, and if instances use what it deletes.
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
	// while IAM does not show what it has made.
	AsksLast bool
	// AsksBeforeRollback: when it is late and has failed, it asks before it rolls back the
	// worker groups that it had begun to make. If it is superseded, they stay.
	AsksBeforeRollback bool
	// QuietPeriod: when its work is done, it polls IAM for a while, since the request that
	// it follows may still be in flight.
	QuietPeriod bool
	// IfNoLongerAwaited: what it does if it is superseded or abandoned.
	IfNoLongerAwaited Action
	// IfFailed: what it does if it fails after its first write and is not abandoned.
	IfFailed Action
	// TimeKept: how much of its time it keeps for rolling back.
	TimeKept TimeKept
	// DeletesSet: it deletes the whole set.
	DeletesSet bool
	// CreateUnanswered: its Create never answered, so CloudFormation need not be asked
	// whether it is rolling back, and instances do not hold the request up.
	CreateUnanswered bool
}

// An Action is what a request does when CloudFormation no longer waits for it, or when it has
// failed.
type Action string

// The actions.
const (
	GoesOn          Action = "-"
	Stops           Action = "stops"                 // it changes nothing more
	LeavesSet       Action = "leaves the set"        // to the later resource that owns it
	RollsBack       Action = "rolls back"            // a request that is only superseded stops, before its first write
	RollsBackGroups Action = "rolls back new groups" // unless it is superseded
)

// TimeKept is how much of its time a request keeps for rolling back.
type TimeKept string

// The values of TimeKept.
const (
	NoTime          TimeKept = "-"
	Eighth          TimeKept = "an eighth"
	EighthForGroups TimeKept = "an eighth, if it adds groups"
	Third           TimeKept = "a third"
)

// rules is the table: one row for each kind of request.
var rules = [...]Rule{
	Create:              {AsksFirst: true, AsksLast: true, IfNoLongerAwaited: RollsBack, IfFailed: Stops, TimeKept: Eighth},
	Update:              {AsksFirst: true, AsksBeforeRemovals: true, AsksBeforeRollback: true, IfNoLongerAwaited: Stops, IfFailed: RollsBackGroups, TimeKept: EighthForGroups},
	Replacement:         {AsksFirst: true, AsksLast: true, IfNoLongerAwaited: RollsBack, IfFailed: RollsBack, TimeKept: Third},
	ReplacementRollback: {AsksFirst: true, AsksBeforeRemovals: true, QuietPeriod: true, IfNoLongerAwaited: Stops, IfFailed: Stops, TimeKept: EighthForGroups},
	Delete:              {IfNoLongerAwaited: GoesOn, IfFailed: Stops, TimeKept: NoTime, DeletesSet: true},
	GeneratedDelete:     {AsksOwner: true, QuietPeriod: true, IfNoLongerAwaited: LeavesSet, IfFailed: Stops, TimeKept: NoTime, DeletesSet: true, CreateUnanswered: true},
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
