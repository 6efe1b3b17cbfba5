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
)

// A goal is what a request comes down to.
type goal struct {
	desired    rayiam.Desired
	references []rayiam.PolicyReference // managed policies that have to exist
	expected   map[string]bool          // names that are likely to be there already
	wait       time.Duration            // for what was newly made

	replacement bool   // desired is a new set beside the one that CloudFormation knows
	overtaking  bool   // the request before, which this one takes back, may still be at work
	undoing     bool   // desired is what was before a request that nobody waits for
	living      string // the owner of what a Delete with a made-up id deletes
	outcome     customresource.Outcome
}

// goal checks a request and derives what it asks for. Its error says everything
// that is wrong with the request; a Delete has none.
func (p *Provider) goal(r customresource.Request, functionARN string) (goal, error) {
	if r.Type == cfn.RequestDelete {
		return p.deletion(r, functionARN), nil
	}
	stack, err := rayiam.ParseStackID(r.StackID)
	if err != nil {
		return goal{}, err
	}
	if account, known := accountOf(functionARN); known && account != stack.Account {
		return goal{}, fmt.Errorf("the provider runs in account %s and the stack is in account %s: it would make the roles in the wrong account, so deploy the provider there and point ServiceToken to it", account, stack.Account)
	}
	props, faults := p.checker.Read(r.Properties)
	props = p.bounds.Default(props)
	faults = append(faults, rayiam.Check(props, stack, p.bounds)...)

	id := rayiam.PhysicalID(props.NamePrefix, r.StackID, r.LogicalID)
	g := goal{
		desired:    rayiam.Desired{Owner: id, Adoption: adoption(r, props)},
		references: rayiam.PolicyReferences(props, stack),
		expected:   map[string]bool{},
		wait:       props.PropagationWait,
		outcome:    customresource.Outcome{PhysicalID: id, Data: rayiam.Attributes(props, stack)},
	}
	if r.Type == cfn.RequestUpdate {
		faults = append(faults, p.update(&g, r, props)...)
	}
	faults = append(faults, fits(r, g.outcome)...)
	if len(faults) > 0 {
		return goal{}, faults
	}
	g.desired.Nodes = rayiam.Nodes(props, stack, id)
	return g, nil
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

// update completes the goal of an Update with what the old properties and the
// present physical id add to it: whether it is a replacement, and what has to go.
func (p *Provider) update(g *goal, r customresource.Request, props rayiam.Properties) rayiam.Faults {
	old, _ := p.checker.Read(r.OldProperties)
	present, known := rayiam.NamePrefixOf(r.PhysicalID, r.StackID, r.LogicalID)
	if !known {
		// Not an id of ours, so it cannot tell. CloudFormation must get it back
		// unless the name changes: another id would make it delete the resource.
		present = old.NamePrefix
	}
	if present != props.NamePrefix {
		g.replacement = true
		if strings.EqualFold(present, props.NamePrefix) {
			return rayiam.Faults{{Path: "NamePrefix", Value: rayiam.Quote(props.NamePrefix), Rule: fmt.Sprintf("the present one is %s, and IAM takes names that differ in case only for the same: choose one that differs in more", rayiam.Quote(present))}}
		}
		return nil
	}
	g.outcome.PhysicalID = r.PhysicalID
	oldOwner := rayiam.PhysicalID(old.NamePrefix, r.StackID, r.LogicalID)
	g.overtaking = oldOwner != g.desired.Owner
	declared, since := props.Names(), time.Time{}
	if g.overtaking {
		since = r.Issued(time.Now()).Add(-longestOperation)
	}
	for _, name := range old.PossibleNames() {
		g.expected[name] = oldOwner == g.desired.Owner
		// Under the present prefix, these are the groups that went. Under another
		// one, they are what a failed replacement may have left behind: this is the
		// Update that CloudFormation rolls it back with.
		if !slices.Contains(declared, name) || oldOwner != g.desired.Owner {
			g.desired.Removals = append(g.desired.Removals, p.removal(name, oldOwner, since))
		}
	}
	return nil
}

// deletion is the goal of a Delete: nothing is left of what the resource owns. The
// physical id says which set is meant, the properties which groups it has. Where
// CloudFormation made the id up, because a Create never answered, the properties
// say both.
func (p *Provider) deletion(r customresource.Request, functionARN string) goal {
	g := goal{outcome: customresource.Outcome{PhysicalID: r.PhysicalID}, expected: map[string]bool{}}
	stack, err := rayiam.ParseStackID(r.StackID)
	if account, known := accountOf(functionARN); err != nil || known && account != stack.Account {
		return g // a Create was refused for this: there is nothing
	}
	props, _ := p.checker.Read(r.Properties)
	if namePrefix, ok := rayiam.NamePrefixOf(r.PhysicalID, r.StackID, r.LogicalID); ok {
		props.NamePrefix = namePrefix
	} else {
		g.overtaking = true
	}
	owner := rayiam.PhysicalID(props.NamePrefix, r.StackID, r.LogicalID)
	if g.overtaking {
		g.living = owner
	}
	for _, name := range props.PossibleNames() {
		g.expected[name] = strings.HasPrefix(name, p.bounds.NamePrefix)
		g.desired.Removals = append(g.desired.Removals, p.removal(name, owner, time.Time{}))
	}
	return g
}

// longestOperation is for how long, at the most, CloudFormation may have been at an
// operation of a stack when it takes a part of it back. What a failed replacement made is
// younger; a set that an earlier replacement has retained is not.
const longestOperation = 24 * time.Hour

func (p *Provider) removal(name, owner string, since time.Time) rayiam.Removal {
	return rayiam.Removal{Name: name, Owner: owner, Since: since, Beyond: !strings.HasPrefix(name, p.bounds.NamePrefix)}
}

// fits refuses attributes that would not fit into the answer, before they are made.
func fits(r customresource.Request, outcome customresource.Outcome) rayiam.Faults {
	answer := customresource.Answer{Status: cfn.StatusSuccess, PhysicalID: outcome.PhysicalID, StackID: r.StackID, RequestID: r.RequestID, LogicalID: r.LogicalID, Data: outcome.Data}
	if answer.Fits() {
		return nil
	}
	return rayiam.Faults{{Path: "WorkerGroups", Rule: fmt.Sprintf("the attributes of so many or so long names do not fit into the %d bytes of an answer to CloudFormation: use fewer groups, shorter names or a shorter Path", customresource.MaxAnswer)}}
}

var functionARNAccount = regexp.MustCompile(`^arn:[a-z0-9-]+:lambda:[a-z0-9-]+:([0-9]{12}):`)

func accountOf(functionARN string) (string, bool) {
	m := functionARNAccount.FindStringSubmatch(functionARN)
	if m == nil {
		return "", false
	}
	return m[1], true
}
