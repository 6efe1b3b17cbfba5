package drift

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

const owner = "ray-0123456789ab"

var trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// settledRole and settledProfile return a role and a profile in their declared state.
func settledRole(name string) entity {
	r := rayiam.Role{Name: name, TrustPolicy: trust, Created: time.Unix(100, 0), Tags: map[string]string{rayiam.OwnerTag: owner, rayiam.StackTag: "stack"}}
	r.Tags[rayiam.DeclaredTag] = r.Digests().String()
	return ofRole(r)
}

func settledProfile(name string) entity {
	p := rayiam.InstanceProfile{Name: name, Created: time.Unix(50, 0), Roles: []string{name}, Tags: map[string]string{rayiam.OwnerTag: owner, rayiam.StackTag: "stack"}}
	p.Tags[rayiam.DeclaredTag] = p.Digests().String()
	return ofInstanceProfile(p)
}

func without(e entity) entity {
	e.declared = ""
	return e
}

// summary renders the entities of a set that are not settled.
func summary(s Set) string {
	lines := []string{string(s.State())}
	for _, e := range s.Entities {
		if e.State != Settled {
			lines = append(lines, fmt.Sprintf("%s %s %s%v", e.Kind, e.Name, e.State, e.Differs))
		}
	}
	return strings.Join(lines, "; ")
}

// TestJudge checks the state of a set for its existing and missing entities.
// Reference 15.6, 15.7.
func TestJudge(t *testing.T) {
	head := []entity{settledRole("ray-head"), settledProfile("ray-head")}
	worker := []entity{settledRole("ray-worker"), settledProfile("ray-worker")}
	both := slices.Concat(head, worker)
	retrusted := settledRole("ray-head")
	retrusted.digests = rayiam.Role{TrustPolicy: "{}", Tags: map[string]string{rayiam.OwnerTag: owner, rayiam.StackTag: "stack"}}.Digests()
	known := declaration{[]string{"ray-head", "ray-worker"}, true}
	onlyHead := declaration{[]string{"ray-head"}, false}
	tests := []struct {
		name     string
		entities []entity
		declared declaration
		listed   names
		want     string
	}{
		{"settled", both, known, nil, "settled"},
		{"settled, in another order", []entity{both[3], both[2], both[1], both[0]}, known, nil, "settled"},
		{"settled, as far as is known", both, onlyHead, nil, "settled"},
		{"trust policy changed", slices.Concat([]entity{retrusted}, head[1:], worker), known, nil, "drifted; role ray-head drifted[trust]"},
		{"made by an older version", []entity{without(both[0]), without(both[1])}, onlyHead, nil, "unknown; role ray-head unknown[]; instance profile ray-head unknown[]"},
		{"worker's role deleted", slices.Concat(head, worker[1:]), known, nil, "drifted; role ray-worker drifted[missing]"},
		{"worker deleted", head, known, nil, "drifted; role ray-worker drifted[missing]; instance profile ray-worker drifted[missing]"},
		{"worker deleted, and the head does not say", head, onlyHead, nil, "settled"},
		{"head deleted", worker, onlyHead, nil, "drifted; role ray-head drifted[missing]; instance profile ray-head drifted[missing]"},
		{"head's profile deleted", slices.Concat(head[:1], worker), known, nil, "drifted; instance profile ray-head drifted[missing]"},
		{"head's profile disowned", slices.Concat(head[:1], worker), known, names{InstanceProfile: {"ray-head": true}}, "drifted; instance profile ray-head drifted[owner]"},
		{"a group that was left", slices.Concat(both, []entity{settledRole("ray-gpu")}), known, nil, "drifted; role ray-gpu drifted[undeclared]"},
		{"of nobody's form", []entity{settledRole("x"), settledProfile("x")}, declaration{}, nil, "settled"},
	}
	for _, tt := range tests {
		set := compare(owner, slices.Clone(tt.entities), tt.declared, tt.listed)
		if got := summary(set); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if set.Owner != owner || set.Stack != "stack" {
			t.Errorf("%s: the set has the owner %s and the stack %s", tt.name, set.Owner, set.Stack)
		}
	}
	if set := compare(owner, both, known, nil); !set.Created.Equal(time.Unix(50, 0)) || set.Entities[0].Kind != Role || set.Entities[1].Kind != InstanceProfile {
		t.Errorf("the set was created at %s and has the entities %+v", set.Created, set.Entities)
	}
}
