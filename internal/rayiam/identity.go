package rayiam

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The tags that the provider keeps. Every role and instance profile that a resource made or
// adopted carries OwnerTag, StackTag and DeclaredTag. An adopted one also carries AdoptedTag.
const (
	tagNamespace = "ray-iam:"

	// OwnerTag is the physical id of the resource that owns the entity.
	OwnerTag = tagNamespace + "owner"
	// StackTag is the id of the owner's stack, for people.
	StackTag = tagNamespace + "stack"
	// AdoptedTag is Held or Owned on an adopted role or instance profile.
	AdoptedTag = tagNamespace + "adopted"
	// DeclaredTag has the Digests of the last declared state. Roles and profiles that an older
	// version of the provider made do not have the tag until their next update.
	DeclaredTag = tagNamespace + "declared"

	// Held marks a role or profile that is released, and not deleted, when it is no longer
	// declared.
	Held = "held"
	// Owned marks a role or profile that was adopted for good. It is deleted like the roles
	// and profiles that the resource made.
	Owned = "owned"
)

// DefaultNamePrefix is the NamePrefix of a resource that names none.
const DefaultNamePrefix = "ray"

const idDigits = 12

// PhysicalID returns the physical id of a resource, <namePrefix>-<12 hex digits>. The digits
// are of a SHA-256 over all three arguments, so the id is known before the first call, is the
// same on every retry, and differs between any two resources.
func PhysicalID(namePrefix, stackID, logicalID string) string {
	sum := sha256.Sum256([]byte(namePrefix + "\x00" + stackID + "\x00" + logicalID))
	return namePrefix + "-" + hex.EncodeToString(sum[:])[:idDigits]
}

// NamePrefixOf returns the NamePrefix that a physical id was made from. It returns false for an
// id that PhysicalID did not compute for this stack and logical id, such as an id that
// CloudFormation generated because a Create never answered.
func NamePrefixOf(physicalID, stackID, logicalID string) (string, bool) {
	cut := len(physicalID) - idDigits - 1
	if cut < 1 {
		return "", false
	}
	namePrefix := physicalID[:cut]
	return namePrefix, PhysicalID(namePrefix, stackID, logicalID) == physicalID
}

// OwnerNamePrefix returns the NamePrefix in the form of a physical id, whoever made it. It
// returns false for text in another form.
func OwnerNamePrefix(owner string) (string, bool) {
	cut := len(owner) - idDigits - 1
	if cut < 1 || owner[cut] != '-' || strings.Trim(owner[cut+1:], "0123456789abcdef") != "" {
		return "", false
	}
	return owner[:cut], true
}

// OwnsName reports whether an owner in the form of a physical id can own a role or profile of
// this name: each name that a resource makes or adopts begins with its NamePrefix and a dash.
// If it is false, somebody has set the owner tag by hand. If it is true, it does not prove the
// owner: whoever sets tags by hand can set an owner that fits the name.
func OwnsName(owner, name string) bool {
	namePrefix, isID := OwnerNamePrefix(owner)
	return isID && strings.HasPrefix(name, namePrefix+"-")
}

func reserved(tagKey string) bool {
	return strings.HasPrefix(strings.ToLower(tagKey), tagNamespace)
}
