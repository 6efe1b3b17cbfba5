package drift

import (
	"slices"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A State says whether something is as it was last declared.
type State string

const (
	// Settled: it is as it was last declared.
	Settled State = "settled"
	// Drifted: somebody else has changed it.
	Drifted State = "drifted"
	// Unknown: it does not say what was declared, because an older version of the provider
	// made it, or in a later version's form, or its tag was removed.
	Unknown State = "unknown"
)

// A Kind is that of an entity.
type Kind string

// The kinds, in the words of error messages.
const (
	Role            Kind = "role"
	InstanceProfile Kind = "instance profile"
)

// What of an entity differs, besides the facets of package rayiam.
const (
	Missing    rayiam.Facet = "missing"    // it is declared, and there is no such entity
	Owner      rayiam.Facet = "owner"      // it is declared, and the tag ray-iam:owner is not the set's
	Undeclared rayiam.Facet = "undeclared" // it is the set's, and the head knows no such worker group
)

// An Entity is a role or an instance profile of a set.
type Entity struct {
	Kind    Kind
	Name    string
	Created time.Time // zero where it is Missing
	State   State
	Differs []rayiam.Facet // where it is Drifted
}

// A Set is what carries one owner's tag, and what should.
type Set struct {
	Owner    string // the physical id
	Stack    string // the id of the owner's stack
	Belongs  supersede.Belonging
	Asking   error     // why it is Unasked
	Created  time.Time // when the oldest entity was
	Entities []Entity  // by name, each role before its instance profile
}

// State is Drifted if an entity is, Unknown if none is and one is unknown, and Settled
// otherwise. A set that a request is changing is InFlight besides: what it lacks may be on its
// way.
func (s Set) State() State {
	for _, state := range []State{Drifted, Unknown} {
		if slices.ContainsFunc(s.Entities, func(e Entity) bool { return e.State == state }) {
			return state
		}
	}
	return Settled
}

// An entity is one that was read, with what is needed to judge it.
type entity struct {
	kind     Kind
	name     string
	owner    string
	stack    string
	created  time.Time
	digests  rayiam.Digests
	declared string // the value of ray-iam:declared
}

func ofRole(r rayiam.Role) entity {
	return entity{Role, r.Name, r.Tags[rayiam.OwnerTag], r.Tags[rayiam.StackTag], r.Created, r.Digests(), r.Tags[rayiam.DeclaredTag]}
}

func ofInstanceProfile(p rayiam.InstanceProfile) entity {
	return entity{InstanceProfile, p.Name, p.Tags[rayiam.OwnerTag], p.Tags[rayiam.StackTag], p.Created, p.Digests(), p.Tags[rayiam.DeclaredTag]}
}

// judged compares an entity with what was declared of it.
func (e entity) judged() Entity {
	judged := Entity{Kind: e.kind, Name: e.name, Created: e.created, State: Settled}
	differing, known := e.digests.Differing(e.declared)
	switch {
	case !known:
		judged.State = Unknown
	case len(differing) > 0:
		judged.State, judged.Differs = Drifted, differing
	}
	return judged
}

// A listing tells which names exist, whosever they are.
type listing interface {
	exists(kind Kind, name string) bool
}

// A declaration is what is known of the names of a set.
type declaration struct {
	names    []string // which are declared
	complete bool     // whether no others are
}

func (d declaration) excludes(name string) bool { return d.complete && !slices.Contains(d.names, name) }

// judge returns the set of an owner, made of its entities. What is declared, and what stands
// beside an entity of the set, has to exist and to be the set's.
func judge(owner string, entities []entity, declared declaration, there listing) Set {
	set := Set{Owner: owner}
	seen := map[Kind]map[string]bool{Role: {}, InstanceProfile: {}}
	names := slices.Clone(declared.names)
	for _, e := range entities {
		judged := e.judged()
		if declared.excludes(e.name) {
			judged.State, judged.Differs = Drifted, []rayiam.Facet{Undeclared}
		}
		set.Entities = append(set.Entities, judged)
		seen[e.kind][e.name] = true
		if set.Created.IsZero() || e.created.Before(set.Created) {
			set.Created = e.created
		}
		if set.Stack == "" || e.kind == Role {
			set.Stack = e.stack
		}
		names = append(names, e.name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		for _, kind := range []Kind{Role, InstanceProfile} {
			if seen[kind][name] || declared.excludes(name) {
				continue
			}
			absent := Entity{Kind: kind, Name: name, State: Drifted, Differs: []rayiam.Facet{Missing}}
			if there.exists(kind, name) {
				absent.Differs = []rayiam.Facet{Owner}
			}
			set.Entities = append(set.Entities, absent)
		}
	}
	slices.SortFunc(set.Entities, func(a, b Entity) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		return -strings.Compare(string(a.Kind), string(b.Kind)) // roles first
	})
	return set
}
