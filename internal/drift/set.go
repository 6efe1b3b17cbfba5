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
	// Unknown: its tag ray-iam:declared is missing or has a later version's form. An older
	// version of the provider made it, a later version changed it, or somebody removed the
	// tag.
	Unknown State = "unknown"
)

// A Kind is the kind of an entity.
type Kind string

// The kinds, in the words of error messages.
const (
	Role            Kind = "role"
	InstanceProfile Kind = "instance profile"
)

// The differences of an entity, besides the facets of package rayiam.
const (
	Missing    rayiam.Facet = "missing"    // it is declared, and does not exist
	Owner      rayiam.Facet = "owner"      // it is declared, and the tag ray-iam:owner is not the set's
	Undeclared rayiam.Facet = "undeclared" // it has the set's owner tag, and the head's policies do not name its worker group
)

// An Entity is a role or an instance profile of a set.
type Entity struct {
	Kind    Kind
	Name    string
	Created time.Time // zero if it is Missing
	State   State
	Differs []rayiam.Facet // if it is Drifted
}

// A Set has the entities that carry one owner's tag, and those that should.
type Set struct {
	Owner    string // the physical id
	Stack    string // the id of the owner's stack
	Belongs  supersede.Belonging
	Asking   error     // why the set is Unasked
	Created  time.Time // when the oldest entity was created
	Entities []Entity  // by name, each role before its instance profile
}

// State is Drifted if an entity is, Unknown if none is and one is unknown, and Settled
// otherwise. A set that a request is changing is InFlight, whatever its state: the request may
// still add missing entities.
func (s Set) State() State {
	for _, state := range []State{Drifted, Unknown} {
		if slices.ContainsFunc(s.Entities, func(e Entity) bool { return e.State == state }) {
			return state
		}
	}
	return Settled
}

// An entity is a role or instance profile that was read, with what compared needs.
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

// compared returns the entity, compared with its declared state.
func (e entity) compared() Entity {
	compared := Entity{Kind: e.kind, Name: e.name, Created: e.created, State: Settled}
	differing, known := e.digests.Differing(e.declared)
	switch {
	case !known:
		compared.State = Unknown
	case len(differing) > 0:
		compared.State, compared.Differs = Drifted, differing
	}
	return compared
}

// A listing tells which names exist, whoever owns them.
type listing interface {
	exists(kind Kind, name string) bool
}

// A declaration has the declared names of a set, as far as they are known.
type declaration struct {
	names    []string // which are declared
	complete bool     // whether no others are
}

func (d declaration) excludes(name string) bool { return d.complete && !slices.Contains(d.names, name) }

// compare returns the set of an owner, with these entities compared with the declaration. Each
// declared role and instance profile must exist and be the set's, and so must the role beside
// each instance profile of the set, and the instance profile beside each role.
func compare(owner string, entities []entity, declared declaration, there listing) Set {
	set := Set{Owner: owner}
	seen := map[Kind]map[string]bool{Role: {}, InstanceProfile: {}}
	all := slices.Clone(declared.names)
	for _, e := range entities {
		compared := e.compared()
		if declared.excludes(e.name) {
			compared.State, compared.Differs = Drifted, []rayiam.Facet{Undeclared}
		}
		set.Entities = append(set.Entities, compared)
		seen[e.kind][e.name] = true
		if set.Created.IsZero() || e.created.Before(set.Created) {
			set.Created = e.created
		}
		if set.Stack == "" || e.kind == Role {
			set.Stack = e.stack
		}
		all = append(all, e.name)
	}
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
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
