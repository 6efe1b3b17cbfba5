package drift

import (
	"context"
	"errors"
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// maxSilent is after how many unanswered calls to CloudFormation in a row, each of which takes
// seconds, a look makes no more of them.
const maxSilent = 3

// Why a set is Unasked, besides CloudFormation's errors.
var (
	errNoStack = errors.New("the tag " + rayiam.StackTag + " is missing")
	errSilent  = errors.New("CloudFormation has not answered several times in a row")
)

// set returns the set of an owner, examined. It is false if the set belongs to another part.
func (l *Look) set(ctx context.Context, owner string, entities []entity) (Set, bool, error) {
	head := ""
	if namePrefix, ok := rayiam.OwnerNamePrefix(owner); ok {
		head = rayiam.HeadName(namePrefix)
		inPart := slices.ContainsFunc(entities, func(e entity) bool { return e.name == head })
		if !inPart && (l.listed.exists(Role, head) || l.listed.exists(InstanceProfile, head)) && !slices.Contains(l.part, head) {
			return Set{}, false, nil
		}
	}
	set, err := l.examine(ctx, owner, head, entities)
	if err != nil {
		return Set{}, false, err
	}
	set.Belongs, set.Asking = l.ask(ctx, set)
	if set.Belongs != supersede.Orphaned && (set.State() != Drifted || set.Belongs == supersede.InFlight) {
		return set, true, nil
	}
	again, err := l.readAgain(ctx, set)
	if err != nil || len(again) == 0 {
		return Set{}, false, err // deleted meanwhile
	}
	second, err := l.examine(ctx, owner, head, again)
	second.Belongs, second.Asking = set.Belongs, set.Asking
	return second, true, err
}

func (l *Look) ask(ctx context.Context, set Set) (supersede.Belonging, error) {
	if l.Stacks == nil {
		return supersede.Unasked, nil
	}
	if set.Stack == "" {
		return supersede.Unasked, errNoStack
	}
	if l.silent >= maxSilent {
		return supersede.Unasked, errSilent
	}
	belongs, err := supersede.Ask(ctx, l.Stacks, set.Owner, set.Stack, l.account)
	l.silent++
	if !errors.Is(err, context.DeadlineExceeded) {
		l.silent = 0
	}
	return belongs, err
}

// readAgain reads the entities of a set once more, including those that were missing.
func (l *Look) readAgain(ctx context.Context, set Set) ([]entity, error) {
	var all []string
	for _, e := range set.Entities {
		all = append(all, e.Name)
		l.listed[e.Kind][e.Name] = true // it may exist by now
	}
	var own []entity
	seen := names{Role: {}, InstanceProfile: {}}
	for some := range slices.Chunk(slices.Compact(all), chunk) {
		entities, err := l.entities(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, e := range entities {
			seen[e.kind][e.name] = true
			if e.owner == set.Owner {
				own = append(own, e)
			}
		}
	}
	for _, e := range set.Entities {
		if !seen.exists(e.Kind, e.Name) {
			delete(l.listed[e.Kind], e.Name)
		}
	}
	return own, nil
}

// examine reads the policies of a set's roles and compares the set with its declared state.
func (l *Look) examine(ctx context.Context, owner, head string, entities []entity) (Set, error) {
	var declared declaration
	if head != "" {
		declared.names = []string{head}
	}
	for i, e := range entities {
		if e.kind != Role {
			continue
		}
		managed, inline, err := l.Inventory.ReadPolicies(ctx, e.name)
		if err != nil {
			return Set{}, err
		}
		entities[i].digests = e.digests.WithPolicies(managed, inline)
		if e.name == head {
			declared = l.declaredBy(entities[i], inline, declared)
		}
	}
	entities, err := l.complete(ctx, owner, entities, declared)
	if err != nil {
		return Set{}, err
	}
	return compare(owner, entities, declared, l.listed), nil
}

// declaredBy returns the names in the policies of a head, if these policies have not drifted,
// and otherwise the given declaration.
func (l *Look) declaredBy(head entity, inline map[string]string, otherwise declaration) declaration {
	namePrefix, _ := rayiam.OwnerNamePrefix(head.owner)
	differing, known := head.digests.Differing(head.declared)
	if !known || slices.Contains(differing, rayiam.InlineFacet) {
		return otherwise
	}
	declared, ok := rayiam.DeclaredNames(namePrefix, inline)
	if !ok {
		return otherwise
	}
	return declaration{declared, true}
}

// complete reads the declared entities of a set that seemed to belong to another part.
func (l *Look) complete(ctx context.Context, owner string, entities []entity, declared declaration) ([]entity, error) {
	elsewhere := slices.DeleteFunc(slices.Clone(declared.names), func(name string) bool { return slices.Contains(l.part, name) })
	if l.Parts == 1 || len(elsewhere) == 0 {
		return entities, nil
	}
	others, err := l.entities(ctx, elsewhere)
	if err != nil {
		return nil, err
	}
	for _, e := range others {
		known := slices.ContainsFunc(entities, func(k entity) bool { return k.kind == e.kind && k.name == e.name })
		if known || e.owner != owner {
			continue
		}
		if e.kind == Role {
			managed, inline, err := l.Inventory.ReadPolicies(ctx, e.name)
			if err != nil {
				return nil, err
			}
			e.digests = e.digests.WithPolicies(managed, inline)
		}
		entities = append(entities, e)
	}
	return entities, nil
}
