package drift

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A Look is one look at the sets of an account. It is for one caller and one use.
type Look struct {
	Inventory *iamsync.Inventory
	Stacks    supersede.Finder // nil: CloudFormation is not asked about any set

	NamePrefix string // the names begin with it
	Path       string // exactly the path of the entities; empty for any
	Owner      string // only this owner's set; empty for all

	// Calls is about how many calls to IAM the look may make; 0 for no limit. If there are too
	// many sets for that, the look examines one of several parts, another part each Turn.
	Calls int
	Turn  int64

	// Progress, if it is not nil, is called with how many of the names have been read.
	Progress func(read, all int)

	// The part that the look examines. It is set before Sets yields the first set.
	Part, Parts       int      // which part, counted from 0, of how many
	Examined, LeftOut int      // how many names are in this part, and in the others
	Owners            []string // the owners in this part, sorted

	listed  names
	account string   // the account of the entities
	part    []string // sorted
	silent  int      // how many questions in a row CloudFormation has not answered
}

// callsPerName is about how many calls it takes to read a role with its policies and the
// instance profile of the same name.
const callsPerName = 5

// names are the listed names, by kind.
type names map[Kind]map[string]bool

func (n names) exists(kind Kind, name string) bool { return n[kind][name] }

// Sets yields each set of the look, in the order of their owners. A set that has drifted or is
// orphaned is read twice, with CloudFormation asked in between, so that a request which was
// done meanwhile does not count. The error is an error of package iamsync, and ends the look.
// If CloudFormation does not answer, that is no error: the set is Unasked.
func (l *Look) Sets(ctx context.Context) iter.Seq2[Set, error] {
	return func(yield func(Set, error) bool) {
		if err := l.list(ctx); err != nil {
			yield(Set{}, err)
			return
		}
		byOwner, err := l.read(ctx)
		if err != nil {
			yield(Set{}, err)
			return
		}
		l.Owners = slices.Sorted(maps.Keys(byOwner))
		for _, owner := range l.Owners {
			set, seen, err := l.set(ctx, owner, byOwner[owner])
			delete(byOwner, owner)
			if err != nil {
				yield(Set{}, err)
				return
			}
			if seen && !yield(set, nil) {
				return
			}
		}
	}
}

// list reads all names, and chooses the names of this look.
func (l *Look) list(ctx context.Context) error {
	prefix := l.NamePrefix
	if own, ok := rayiam.OwnerNamePrefix(l.Owner); ok {
		prefix = own + "-"
	}
	l.listed = names{Role: {}, InstanceProfile: {}}
	add := func(kind Kind) func(iamsync.Listed) {
		return func(found iamsync.Listed) {
			if strings.HasPrefix(found.Name, prefix) && (l.Path == "" || found.Path == l.Path) {
				l.listed[kind][found.Name], l.account = true, found.Account
			}
		}
	}
	if err := l.Inventory.Roles(ctx, l.Path, add(Role)); err != nil {
		return err
	}
	if err := l.Inventory.InstanceProfiles(ctx, l.Path, add(InstanceProfile)); err != nil {
		return err
	}
	all := maps.Clone(l.listed[Role])
	maps.Copy(all, l.listed[InstanceProfile])
	sorted := slices.Sorted(maps.Keys(all))
	l.Parts = partsOf(len(sorted)*callsPerName, l.Calls)
	l.Part = int(l.Turn % int64(l.Parts))
	l.part = partOf(sorted, l.Part, l.Parts)
	l.Examined, l.LeftOut = len(l.part), len(sorted)-len(l.part)
	return nil
}

// chunk is how many names are read at once.
const chunk = 16

// read reads the roles, without their policies, and the instance profiles of this look, and
// returns the entities that have an owner, by owner. An owner tag counts only if its value is
// a physical id, which it is not on a provider's own role, and only if that owner can own the
// name: otherwise somebody has set the tag by hand.
func (l *Look) read(ctx context.Context) (map[string][]entity, error) {
	byOwner, read := map[string][]entity{}, 0
	for some := range slices.Chunk(l.part, chunk) {
		entities, err := l.entities(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, e := range entities {
			if rayiam.OwnsName(e.owner, e.name) && (l.Owner == "" || e.owner == l.Owner) {
				byOwner[e.owner] = append(byOwner[e.owner], e)
			}
		}
		if read += len(some); l.Progress != nil {
			l.Progress(read, len(l.part))
		}
	}
	return byOwner, nil
}

// entities reads the roles and instance profiles that are listed under these names. Deleted
// ones are left out.
func (l *Look) entities(ctx context.Context, some []string) ([]entity, error) {
	listed := func(kind Kind) []string {
		return slices.DeleteFunc(slices.Clone(some), func(name string) bool { return !l.listed.exists(kind, name) })
	}
	roles, err := l.Inventory.ReadRoles(ctx, listed(Role))
	if err != nil {
		return nil, err
	}
	profiles, err := l.Inventory.ReadInstanceProfiles(ctx, listed(InstanceProfile))
	if err != nil {
		return nil, err
	}
	var entities []entity
	for _, role := range roles {
		if role != nil {
			entities = append(entities, ofRole(*role))
		}
	}
	for _, profile := range profiles {
		if profile != nil {
			entities = append(entities, ofInstanceProfile(*profile))
		}
	}
	return entities, nil
}
