package supersede

import (
	"testing"
	"testing/synctest"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// TestVerify checks which requests do not come from CloudFormation: the set of the resource
// counts, and not the physical id or the type of an event, which anybody can invent.
// Reference 11.11.
func TestVerify(t *testing.T) {
	const victims = presentID // the owner of the set in the request
	shown := func(status, physicalID string) stackresource.State {
		return stackresource.State{Status: status, PhysicalID: physicalID}
	}
	for name, tt := range map[string]struct {
		kind       Kind
		physicalID string
		others     []string
		states     []stackresource.State
		refused    bool
	}{
		"an Update":                                {Update, victims, nil, []stackresource.State{shown("UPDATE_IN_PROGRESS", victims)}, false},
		"a forged Update":                          {Update, victims, nil, []stackresource.State{shown("UPDATE_COMPLETE", victims)}, true},
		"a forged Update with another id":          {Update, "x", nil, []stackresource.State{shown("UPDATE_COMPLETE", victims)}, true},
		"a forged replacement by the set":          {Replacement, "x", nil, []stackresource.State{shown("CREATE_COMPLETE", victims)}, true},
		"a forged rollback that removes the set":   {ReplacementRollback, "x", []string{"other", "theirs"}, []stackresource.State{shown("UPDATE_COMPLETE", "theirs")}, true},
		"a rollback of a replacement":              {ReplacementRollback, "x", []string{"other", "theirs"}, []stackresource.State{shown("UPDATE_IN_PROGRESS", "theirs")}, false},
		"a forged Delete":                          {Delete, victims, nil, []stackresource.State{shown("CREATE_COMPLETE", victims)}, true},
		"a forged Update of what failed":           {Update, victims, nil, []stackresource.State{shown("UPDATE_FAILED", victims)}, true},
		"a forged Delete of what failed":           {Delete, victims, nil, []stackresource.State{shown("UPDATE_FAILED", victims)}, true},
		"the cleanup after a replacement":          {Delete, victims, []string{victims}, []stackresource.State{shown("UPDATE_COMPLETE", "new")}, false},
		"an Update that CloudFormation shows late": {Update, victims, nil, []stackresource.State{shown("CREATE_COMPLETE", victims), shown("UPDATE_IN_PROGRESS", victims)}, false},
		"a Create":                                 {Create, "", nil, []stackresource.State{shown("CREATE_IN_PROGRESS", "")}, false},
		"a Create, with an id shown already":       {Create, "", nil, []stackresource.State{shown("CREATE_IN_PROGRESS", "generated")}, false},
		"a Create of what was deleted before":      {Create, "", nil, []stackresource.State{shown("DELETE_COMPLETE", victims)}, false},
		"a Create that failed before it had an id": {Create, "", nil, []stackresource.State{shown("CREATE_FAILED", "")}, false},
		"a forged Create":                          {Create, "", nil, []stackresource.State{shown("CREATE_COMPLETE", victims)}, true},
		"a forged Create of what was updated":      {Create, "", nil, []stackresource.State{shown("UPDATE_COMPLETE", victims)}, true},
		"no such resource, or nobody to ask":       {Create, "", nil, []stackresource.State{{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := watching(tt.kind, 0, tt.states...)
				w.physicalID = tt.physicalID
				if err := w.Verify(t.Context(), tt.others...); (err != nil) != tt.refused {
					t.Errorf("got %v, want an error %v", err, tt.refused)
				}
			})
		})
	}
}

// TestVerify_Nested checks that a request for a complete nested stack comes from
// CloudFormation while it is at work on a direct or indirect parent: the cleanup deletes what
// the nested stack has replaced.
// Reference 11.11.
func TestVerify_Nested(t *testing.T) {
	replaced := stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "new"}
	for parent, refused := range map[string]bool{
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": false, "UPDATE_ROLLBACK_IN_PROGRESS": false, denied: false,
		"UPDATE_COMPLETE": true, "UPDATE_ROLLBACK_FAILED": true, absent: true,
	} {
		t.Run(parent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, cloudformation := watching(Delete, 0, replaced)
				cloudformation.stack, cloudformation.parent = "UPDATE_COMPLETE", parent
				if err := w.Verify(t.Context()); (err != nil) != refused {
					t.Errorf("got %v, want an error %v", err, refused)
				}
			})
		})
	}
}

// TestVerify_Stack checks the questions if the resource does not have the set that a request
// is about: CloudFormation sends a request only while it is at work on the stack.
// Reference 11.11.
func TestVerify_Stack(t *testing.T) {
	const set = presentID
	gone := stackresource.State{Status: absent}
	for name, tt := range map[string]struct {
		kind    Kind
		state   stackresource.State
		stack   string
		refused bool
	}{
		"a forged Delete of a retained set":                   {Delete, gone, "UPDATE_COMPLETE", true},
		"a forged Delete of a retained set that is shown":     {Delete, stackresource.State{Status: "DELETE_SKIPPED", PhysicalID: set}, "UPDATE_IN_PROGRESS", true},
		"a forged Create on a retained set":                   {Create, stackresource.State{Status: "DELETE_SKIPPED", PhysicalID: set}, "UPDATE_COMPLETE", true},
		"a forged Update of a retained set":                   {Update, gone, "CREATE_COMPLETE", true},
		"a forged Delete of a replaced set":                   {Delete, stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "new"}, "UPDATE_COMPLETE", true},
		"a forged Delete with an invented id":                 {GeneratedDelete, gone, "UPDATE_ROLLBACK_COMPLETE", true},
		"an event of a stack that does not exist":             {Create, gone, absent, true},
		"a forged Update of a replaced set":                   {Update, stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "new"}, "UPDATE_COMPLETE", true},
		"a forged replacement by a retained set":              {Replacement, stackresource.State{Status: "DELETE_SKIPPED", PhysicalID: set}, "UPDATE_COMPLETE", true},
		"an Update of a stack that does not exist":            {Update, gone, absent, true},
		"a Delete of a stack that does not exist":             {Delete, gone, absent, true},
		"an Update of a replaced set, in the cleanup":         {Update, stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "new"}, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false},
		"an Update in the rollback, not shown":                {Update, gone, "UPDATE_ROLLBACK_IN_PROGRESS", false},
		"a Delete in the rollback, not shown":                 {Delete, gone, "UPDATE_ROLLBACK_IN_PROGRESS", false},
		"an Update that CloudFormation does not tell of":      {Update, stackresource.State{}, "UPDATE_COMPLETE", false},
		"a Create that is not shown yet":                      {Create, gone, "CREATE_IN_PROGRESS", false},
		"a Create of what was retained":                       {Create, stackresource.State{Status: "DELETE_SKIPPED", PhysicalID: set}, "UPDATE_IN_PROGRESS", false},
		"the cleanup after a replacement":                     {Delete, stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "new"}, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false},
		"the rollback of a Create, not shown any more":        {Delete, gone, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", false},
		"the rollback of a stack":                             {GeneratedDelete, stackresource.State{Status: "CREATE_FAILED", PhysicalID: "generated"}, "ROLLBACK_IN_PROGRESS", false},
		"a Delete with a generated id, of a later resource":   {GeneratedDelete, stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: set}, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false},
		"a Delete of a stack that is deleted":                 {Delete, gone, "DELETE_IN_PROGRESS", false},
		"a stack that cannot be asked":                        {Delete, gone, "", false},
		"a resource in progress, whatever its stack":          {Delete, stackresource.State{Status: "DELETE_IN_PROGRESS", PhysicalID: set}, "UPDATE_COMPLETE", false},
		"a resource that cannot be asked, whatever its stack": {Delete, stackresource.State{}, "UPDATE_COMPLETE", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, cloudformation := watching(tt.kind, 0, tt.state)
				cloudformation.stack = tt.stack
				if err := w.Verify(t.Context()); (err != nil) != tt.refused {
					t.Errorf("got %v, want an error %v", err, tt.refused)
				}
			})
		})
	}
}
