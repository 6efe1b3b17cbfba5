package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// An intent is the desired state of a request: the target, and how to reach it.
type intent struct {
	target
	kind        supersede.Kind
	added       []string               // nodes of an Update that the old properties do not have
	stack       rayiam.Stack           // zero if the request does not say
	path        string                 // of the names to be deleted
	guarded     bool                   // whether to look for instances that use the profiles to be deleted
	ofOrphan    bool                   // an OrphanedSet is to be deleted
	outOfBounds rayiam.Faults          // of an Update: values that the administrator does not allow, unless the old properties have them
	outcome     customresource.Outcome // of a success
}

// intent checks a request and derives its intent. Its error has every fault of the request;
// the outcome is valid even then. A Delete has no error.
func (p *Provider) intent(r customresource.Request, functionARN string) (intent, error) {
	if r.Type == cfn.RequestDelete {
		return p.deletion(r, functionARN), nil
	}
	stack, err := rayiam.ParseStackID(r.StackID)
	if err != nil {
		return intent{}, err
	}
	if account, known := accountOf(functionARN); known && account != stack.Account {
		return intent{}, wrongAccount(account, stack.Account)
	}
	props, faults := p.checker.Read(r.Properties)
	props = p.bounds.Default(props)
	declared := rayiam.Declare(props, stack)
	rules := declared.Check(rayiam.Bounds{})
	faults = append(faults, rules...)

	id := rayiam.PhysicalID(props.NamePrefix, r.StackID, r.LogicalID)
	in := intent{
		target: target{
			desired:    rayiam.Desired{Owner: id, Adoption: adoption(r, props)},
			references: declared.PolicyReferences(),
			expected:   map[string]bool{},
			wait:       props.PropagationWait,
		},
		kind:        supersede.Create,
		stack:       stack,
		outOfBounds: p.withoutUnknown(without(declared.Check(p.bounds), rules)),
		outcome:     customresource.Outcome{PhysicalID: id, Data: declared.Attributes()},
	}
	if r.Type == cfn.RequestUpdate {
		faults = append(faults, p.update(&in, r, props, stack)...)
	}
	faults = append(faults, fits(r, in.outcome)...)
	if !in.restores {
		faults = append(faults, in.outOfBounds...)
	}
	if len(faults) > 0 {
		return intent{outcome: in.outcome}, append(faults, without(in.outOfBounds, faults)...)
	}
	in.desired.Nodes = declared.Nodes(id)
	return in, nil
}

// without returns the faults that are not in others.
func without(faults, others rayiam.Faults) rayiam.Faults {
	return slices.DeleteFunc(faults, func(f rayiam.Fault) bool { return slices.Contains(others, f) })
}

func adoption(r customresource.Request, props rayiam.Properties) rayiam.Adoption {
	switch {
	case props.AdoptExisting:
		return rayiam.HoldAdopted
	case r.Type == cfn.RequestUpdate:
		return rayiam.OwnAdopted
	}
	return rayiam.KeepAdopted
}

// update completes the intent of an Update from the old properties and the present physical
// id: its kind, and the names to be deleted.
func (p *Provider) update(in *intent, r customresource.Request, props rayiam.Properties, stack rayiam.Stack) rayiam.Faults {
	old, _ := p.checker.Read(r.OldProperties)
	present, known := rayiam.NamePrefixOf(r.PhysicalID, r.StackID, r.LogicalID)
	if !known {
		// The id is not an id of this provider, so it does not show the present prefix.
		// CloudFormation must get the id back unless the name changes: for another id, it
		// would delete the resource.
		present = old.NamePrefix
	}
	if present != props.NamePrefix {
		in.kind = supersede.Replacement
		if strings.EqualFold(present, props.NamePrefix) {
			return rayiam.Faults{{Path: "NamePrefix", Value: rayiam.Quote(props.NamePrefix), Rule: fmt.Sprintf(differsInCaseOnly, rayiam.Quote(present))}}
		}
		return nil
	}
	in.outcome.PhysicalID = r.PhysicalID
	oldOwner := rayiam.PhysicalID(old.NamePrefix, r.StackID, r.LogicalID)
	if in.kind = supersede.Update; oldOwner != in.desired.Owner {
		in.kind = supersede.ReplacementRollback
	}
	in.restores, in.path = true, old.Path
	in.guarded = in.kind == supersede.Update && !props.AllowDeleteInUse
	in.before = rayiam.Declare(old, stack).PolicyReferences()
	in.desired.Removals = p.leftovers(in, r, props.Names(), old, oldOwner)
	in.added = slices.DeleteFunc(props.Names(), func(name string) bool { return slices.Contains(old.Names(), name) })
	return nil
}

// leftovers returns the removals of names that the old properties of an Update have and the
// new ones do not. Under the present prefix, these are the groups that are no longer declared.
// Under another prefix, a failed replacement may have made them.
func (p *Provider) leftovers(in *intent, r customresource.Request, declared []string, old rayiam.Properties, oldOwner string) []rayiam.Removal {
	since := time.Time{}
	if in.kind == supersede.ReplacementRollback {
		since = r.Issued(time.Now()).Add(-longestOperation)
	}
	var removals []rayiam.Removal
	for _, name := range old.PossibleNames() {
		in.expected[name] = in.kind == supersede.Update
		if in.kind == supersede.ReplacementRollback || !slices.Contains(declared, name) {
			removals = append(removals, p.removal(name, oldOwner, since))
		}
	}
	return removals
}

// deletion is the intent of a Delete, which deletes everything that the resource owns. The
// physical id says which set is meant, and the properties say which groups it has. If
// CloudFormation generated the id, because a Create never answered, the properties say both.
func (p *Provider) deletion(r customresource.Request, functionARN string) intent {
	in := intent{kind: supersede.Delete, outcome: customresource.Outcome{PhysicalID: r.PhysicalID}}
	in.expected = map[string]bool{}
	stack, err := rayiam.ParseStackID(r.StackID)
	if account, known := accountOf(functionARN); err != nil || known && account != stack.Account {
		return in // a Create with this id was refused, so nothing exists
	}
	props, _ := p.checker.Read(r.Properties)
	if namePrefix, ok := rayiam.NamePrefixOf(r.PhysicalID, r.StackID, r.LogicalID); ok {
		props.NamePrefix = namePrefix
	} else {
		in.kind = supersede.GeneratedDelete
	}
	in.stack, in.path = stack, props.Path
	in.desired.Owner = rayiam.PhysicalID(props.NamePrefix, r.StackID, r.LogicalID)
	in.guarded = !props.AllowDeleteInUse && !p.failedCreates.has(r, in.desired.Owner)
	for _, name := range props.PossibleNames() {
		in.expected[name] = strings.HasPrefix(name, p.bounds.NamePrefix)
		in.desired.Removals = append(in.desired.Removals, p.removal(name, in.desired.Owner, time.Time{}))
	}
	return in
}

// longestOperation is the longest time from the start of a stack operation to the rollback of
// one of its resources. A set that a failed replacement made is younger; a set that an earlier
// replacement has retained is not.
const longestOperation = 24 * time.Hour

func (p *Provider) removal(name, owner string, since time.Time) rayiam.Removal {
	return rayiam.Removal{Name: name, Owner: owner, Since: since, OutOfBounds: !strings.HasPrefix(name, p.bounds.NamePrefix)}
}

// fits refuses attributes that would not fit into the answer, before they are made.
func fits(r customresource.Request, outcome customresource.Outcome) rayiam.Faults {
	answer := customresource.Answer{Status: cfn.StatusSuccess, PhysicalID: outcome.PhysicalID, StackID: r.StackID, RequestID: r.RequestID, LogicalID: r.LogicalID, Data: outcome.Data}
	if answer.Fits() {
		return nil
	}
	return rayiam.Faults{{Path: "WorkerGroups", Rule: fmt.Sprintf(attributesTooLong, customresource.MaxAnswer)}}
}

var functionARNAccount = regexp.MustCompile(`^arn:[a-z0-9-]+:lambda:[a-z0-9-]+:([0-9]{12}):`)

func accountOf(functionARN string) (string, bool) {
	m := functionARNAccount.FindStringSubmatch(functionARN)
	if m == nil {
		return "", false
	}
	return m[1], true
}
