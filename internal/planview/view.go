// Package planview shows a plan to people and to programs: what a request would create,
// change, adopt, release and delete, entity by entity, with documents as differences.
//
// It owns the words and the JSON of a plan. It decides nothing: package provider makes the
// plan, with the code that also applies it.
package planview

import (
	"errors"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/afterapply"
	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/instances"
	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A View is what one request would do. Its JSON is what `rayiam plan --output json` prints:
// fields are added to it and never change their meaning.
type View struct {
	Request    string     `json:"request"`              // Create, Update in place, replacement, Delete, ...
	Follows    bool       `json:"follows,omitempty"`    // the Delete of the old set, after a replacement
	StackID    string     `json:"stackId"`              // empty for a stack that does not exist yet
	LogicalID  string     `json:"logicalId"`            // empty for an orphaned set, which does not record it
	PhysicalID string     `json:"physicalId"`           // in the request's answer; empty if StackID is
	AfterApply []string   `json:"afterApply,omitempty"` // properties that CloudFormation knows only after apply
	Refused    []Refusal  `json:"refused,omitempty"`    // properties that break a rule
	InTheWay   []Obstacle `json:"inTheWay,omitempty"`   // entities that the request must not change
	Entities   []Entity   `json:"entities"`             // in the order of the template, and the deleted ones last
	Calls      [][]string `json:"calls"`                // the calls that write, phase by phase
	Summary    Summary    `json:"summary"`
}

// A Refusal is a property that breaks a rule.
type Refusal struct {
	Path  string `json:"path"`
	Value string `json:"value,omitempty"`
	Rule  string `json:"rule"`
}

// An Obstacle is a role or instance profile that the request must not change, or instances
// that use an instance profile that would be deleted.
type Obstacle struct {
	Entity string `json:"entity"` // role ray-head, instance profile ray-head, EC2
	Reason string `json:"reason"`
	Owner  string `json:"owner,omitempty"`
	Stack  string `json:"stack,omitempty"`
}

// An Action is what the request does to an entity.
type Action string

// The actions, in the order of the summary.
const (
	Create  Action = "create"
	Change  Action = "change"
	Adopt   Action = "adopt"
	Release Action = "release"
	Delete  Action = "delete"
)

// An Entity is a role or an instance profile that the request would change.
type Entity struct {
	Kind    string   `json:"kind"` // role, instance profile
	Name    string   `json:"name"`
	Action  Action   `json:"action"`
	Details []Detail `json:"details"`
}

// A Detail is one thing about an entity that is added, removed or changed.
type Detail struct {
	Action Mark   `json:"action"`
	What   string `json:"what"`             // trust policy, permissions boundary, managed policy, inline policy, tag, role, path
	Name   string `json:"name,omitempty"`   // of a policy, a tag or a role
	Before string `json:"before,omitempty"` // empty if it did not exist, or was not read
	After  string `json:"after,omitempty"`  // empty if it is deleted
}

// A Mark says whether a detail is added, removed or changed.
type Mark string

// The marks of details.
const (
	Add    Mark = "add"
	Alter  Mark = "change"
	Remove Mark = "remove"
)

// The values of Detail.What.
const (
	trustPolicy   = "trust policy"
	boundary      = "permissions boundary"
	managedPolicy = "managed policy"
	inlinePolicy  = "inline policy"
	tagDetail     = "tag"
	roleDetail    = "role"
	pathDetail    = "path"
)

// The kinds of entities.
const (
	roleKind    = "role"
	profileKind = "instance profile"
)

// ec2Entity is the entity of an Obstacle if instances use an instance profile that would be
// deleted.
const ec2Entity = "EC2"

// A Summary counts roles and instance profiles by action.
type Summary struct {
	Create  int `json:"create"`
	Change  int `json:"change"`
	Adopt   int `json:"adopt"`
	Release int `json:"release"`
	Delete  int `json:"delete"`
}

// Empty reports whether the request would write nothing.
func (s Summary) Empty() bool { return s == Summary{} }

// New returns the View of a request. err is the error of provider.Plan: its faults and
// conflicts become part of the View.
func New(r customresource.Request, p provider.Preview, err error) View {
	v := View{
		Request: p.Kind.String(), StackID: r.StackID, LogicalID: r.LogicalID, PhysicalID: p.PhysicalID,
		Entities: []Entity{}, Calls: [][]string{},
	}
	faults, conflicts := provider.Refusals(err)
	for _, f := range faults {
		v.Refused = append(v.Refused, Refusal{f.Path, f.Value, f.Rule})
	}
	for _, c := range conflicts {
		v.InTheWay = append(v.InTheWay, Obstacle{c.Entity, c.Reason, c.Owner, c.Stack})
	}
	if err != nil {
		if inUse, ok := errors.AsType[*instances.InUseError](err); ok {
			v.InTheWay = append(v.InTheWay, Obstacle{Entity: ec2Entity, Reason: inUse.Error()})
		}
		return v
	}
	v.Entities = entities(p)
	for _, phase := range p.Plan.Phases {
		calls := make([]string, len(phase))
		for i, step := range phase {
			calls[i] = string(step.Call) + " " + step.String()
		}
		v.Calls = append(v.Calls, calls)
	}
	v.count()
	return v
}

// Possible reports whether the request would be carried out.
func (v View) Possible() bool { return len(v.Refused)+len(v.InTheWay) == 0 }

func (v *View) count() {
	for _, e := range v.Entities {
		switch e.Action {
		case Create:
			v.Summary.Create++
		case Change:
			v.Summary.Change++
		case Adopt:
			v.Summary.Adopt++
		case Release:
			v.Summary.Release++
		case Delete:
			v.Summary.Delete++
		}
	}
}

// owned reports whether tags say that an entity belongs to the set of owner.
func owned(tags map[string]string, owner string) bool { return tags[rayiam.OwnerTag] == owner }

// Translate applies translate to each text that comes from properties.
func (v *View) Translate(translate func(string) string) {
	for i := range v.Refused {
		v.Refused[i].Value = translate(v.Refused[i].Value)
	}
	for _, calls := range v.Calls {
		for i := range calls {
			calls[i] = translate(calls[i])
		}
	}
	for _, e := range v.Entities {
		for i, d := range e.Details {
			e.Details[i] = Detail{d.Action, d.What, translate(d.Name), translate(d.Before), translate(d.After)}
		}
	}
}

// NewStack hides the ids that depend on the id of the stack, which does not exist yet.
func (v *View) NewStack() {
	hidden := strings.NewReplacer(v.PhysicalID, afterapply.Shown, v.StackID, afterapply.Shown)
	v.Translate(hidden.Replace)
	v.StackID, v.PhysicalID = "", ""
}
