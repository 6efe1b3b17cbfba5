package rig

import (
	"fmt"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

const declaredTag = ": tag " + rayiam.DeclaredTag + "="

// WithRecords returns the snapshot with words in place of the digests in the tag
// ray-iam:declared: whether the role or instance profile is as it was declared, or which of
// its facets are not. The digests depend on the account's id, so those of two accounts
// cannot be compared.
func (s Snapshot) WithRecords() Snapshot {
	roles, profiles := s.entities()
	judged := append(Snapshot{}, s...)
	for i, line := range judged {
		entity, value, found := strings.Cut(line, declaredTag)
		if !found {
			continue
		}
		kind, name, _ := strings.Cut(entity, " ")
		digests := profiles[name].Digests()
		if kind == "role" {
			digests = roles[name].Digests()
		}
		says := "unreadable"
		if differing, ok := digests.Differing(value); ok && len(differing) == 0 {
			says = "settled"
		} else if ok {
			says = fmt.Sprint(differing)
		}
		judged[i] = entity + declaredTag + says
	}
	return judged
}

// entities returns the roles and instance profiles in the lines, by name.
func (s Snapshot) entities() (map[string]rayiam.Role, map[string]rayiam.InstanceProfile) {
	roles, profiles := map[string]rayiam.Role{}, map[string]rayiam.InstanceProfile{}
	for _, line := range s {
		entity, fact, _ := strings.Cut(line, ": ")
		kind, name, _ := strings.Cut(entity, " ")
		word, rest, _ := strings.Cut(fact, " ")
		switch kind {
		case "role":
			role, seen := roles[name]
			if !seen {
				role.Tags, role.InlinePolicies = map[string]string{}, map[string]string{}
			}
			switch word {
			case "trusts":
				role.TrustPolicy = rest
			case "boundary":
				role.PermissionsBoundary = rest
			case "attached":
				role.ManagedPolicyARNs = append(role.ManagedPolicyARNs, rest)
			case "inline":
				policy, document, _ := strings.Cut(rest, " ")
				role.InlinePolicies[policy] = document
			case "tag":
				key, value, _ := strings.Cut(rest, "=")
				role.Tags[key] = value
			}
			roles[name] = role
		case "profile":
			profile, seen := profiles[name]
			if !seen {
				profile.Tags = map[string]string{}
			}
			switch word {
			case "holds":
				profile.Roles = append(profile.Roles, rest)
			case "tag":
				key, value, _ := strings.Cut(rest, "=")
				profile.Tags[key] = value
			}
			profiles[name] = profile
		}
	}
	return roles, profiles
}
