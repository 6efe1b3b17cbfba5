package rayiam

import (
	"fmt"
	"strings"
)

// The sentences that a person reads in a request's Reason: the Rule of each Fault, and
// the Reason of each Conflict. docs/runbook.md quotes some of them.

// Rules about names.

func prefixNotAllowed(allowed string) string {
	return fmt.Sprintf("the administrator of the provider allows only names that begin with %s", Quote(allowed))
}

func roleNameTooLong(name string) string {
	return fmt.Sprintf("the role's name %s would have %d characters, IAM allows %d", Quote(name), len(name), maxRoleName)
}

func groupNameTaken(first int) string {
	return fmt.Sprintf("WorkerGroups[%d] has this name already (IAM's names are unique without regard to case)", first)
}

func bucketNameTaken(first int) string {
	return fmt.Sprintf("S3Buckets[%d] has this name already", first)
}

func policyNameTaken(by string) string { return by + " has this name already" }

// Rules about policies.

const (
	adoptionNotAllowed  = "the administrator of the provider allows no adoption of existing roles and instance profiles: leave AdoptExisting out, or ask for the provider's parameter AllowAdoption to be set to true"
	inlineNeedsBoundary = "inline policies are accepted only under a permissions boundary, because nothing else limits what they allow: set PermissionsBoundary"
	policyNotFound      = "IAM has no such policy: create it first, or correct the ARN"
)

// onlyAllowed is about a property for which the administrator allows only one value.
func onlyAllowed(allowed string) string {
	return fmt.Sprintf("the administrator of the provider allows only %s", Quote(allowed))
}

// Rules about LeastPrivilege.

const (
	bucketsNeedLeastPrivilege = "the buckets of a worker group narrow the policies that LeastPrivilege makes: set LeastPrivilege too, or leave S3Buckets out"
	leastPrivilegeUnbounded   = "the administrator of the provider allows only some managed policies, and LeastPrivilege would be a way around that list: ask for the provider's parameters AllowedBuckets and AllowedClusterNames to be set, or for its PermissionsBoundary"
	optionUnbounded           = "the administrator of the provider allows only some managed policies, and this option would be a way around that list: ask for the provider's parameter PermissionsBoundary to be set, or leave the option out"
)

func bucketNotAllowed(patterns []string) string {
	return fmt.Sprintf("the administrator of the provider allows only buckets that match %s", strings.Join(patterns, ", "))
}

func clusterNotAllowed(patterns []string) string {
	return fmt.Sprintf("the administrator of the provider allows only clusters whose names match %s", strings.Join(patterns, ", "))
}

// clustersNotAllowed is about ClusterNamePrefix: every name that begins with it must be
// allowed.
func clustersNotAllowed(patterns []string) string {
	return fmt.Sprintf("the administrator of the provider allows only clusters whose names match %s, and not every name that begins so does", strings.Join(patterns, ", "))
}

func policyNotAllowed(patterns []string) string {
	return fmt.Sprintf("the administrator of the provider allows only managed policies that match %s", strings.Join(patterns, ", "))
}

func boundaryNotAllowed(patterns []string) string {
	return fmt.Sprintf("inline policies are accepted only under a PermissionsBoundary that is itself a managed policy which the administrator of the provider allows: one that matches %s", strings.Join(patterns, ", "))
}

func otherPartition(partition string) string {
	return fmt.Sprintf("the stack is in the partition %s, write arn:%s:...", partition, partition)
}

func otherAccount(account string) string {
	return fmt.Sprintf("the policy must be an AWS managed policy or belong to the stack's account %s", account)
}

// defaultNotFound is about a default policy: AWS does not offer every managed policy
// in every partition.
func defaultNotFound(property string) string {
	return fmt.Sprintf(policyNotFound+" (it is one of the default policies: set %s to policies that exist here)", property)
}

func inlineTooLarge(size int) string {
	return fmt.Sprintf("the inline policies of this role would have %d characters in all, white space aside, IAM allows %d", size, maxInlinePolicy)
}

// generatedTooLarge is about a role's generated policies: longest are the options that take
// the most characters, each with their number.
func generatedTooLarge(role string, size int, longest []string) string {
	return fmt.Sprintf("the policies of role %s would have %d characters in all, IAM allows %d: list fewer or shorter names, or leave a list out (the most characters are taken by %s)", role, size, maxInlinePolicy, strings.Join(longest, ", "))
}

// Rules about tags.

func tagKeyTaken(first int) string {
	return fmt.Sprintf("Tags[%d] has this key already (IAM's tag keys are unique without regard to case)", first)
}

func tooManyTags(count, reservedCount int) string {
	return fmt.Sprintf("%d tags are too many with AdoptExisting: IAM allows %d, and the provider keeps %d of its own", count, maxTags, reservedCount)
}

// Reasons of conflicts.

// trustsOthers is about a role of an orphaned set.
const trustsOthers = "has another trust policy than the provider gives to a role: somebody has changed it, or has written the role's tags by hand; if nobody needs the role, delete it in IAM"

const existsUnowned = "exists and was not made by this resource: choose another NamePrefix or group name, remove it, or set AdoptExisting to true to adopt it"

// existsWithoutRole is about an instance profile without its role; the commands remove it.
func existsWithoutRole(commands string) string {
	return fmt.Sprintf("exists without a role of its name and was not made by this resource: if no machine needs it, remove it (%s); otherwise choose another NamePrefix or group name, or set AdoptExisting to true to adopt it", commands)
}

func ownedByAnother(owner, stack string) string {
	return fmt.Sprintf("belongs to another Custom::RayIAM resource, %s of stack %s: choose another NamePrefix or group name, or delete that resource first; if its stack is gone or has kept it by a DeletionPolicy, set AdoptExisting to true to adopt it", owner, stack)
}

// ownedByNoResource is about an owner tag whose value is not a physical id: a provider's own
// role has such a tag.
func ownedByNoResource(owner string) string {
	return fmt.Sprintf("has the tag %s with the value %s, which names no Custom::RayIAM resource, so it is never adopted (a provider's own role has such a tag): choose another NamePrefix or group name", OwnerTag, Quote(owner))
}

// ownedByAnotherLogicalID is about a set of the same stack. CloudFormation creates the
// resource with the new logical id before it deletes the resource with the old one.
func ownedByAnotherLogicalID(owner string) string {
	return fmt.Sprintf("belongs to another logical id of this stack, or to this one under its former NamePrefix, with the physical id %s: choose another NamePrefix or group name. To rename a logical id, first take the resource out of the template while its DeletionPolicy is Retain, then declare it under the new logical id with AdoptExisting set to true", owner)
}

func sameNameButForCase(declared string) string {
	return fmt.Sprintf("differs from %s only in case, and IAM treats both as one name: choose a name that differs in more than case", declared)
}

func otherPath(observed, declared string) string {
	return fmt.Sprintf("is at path %s, and Path asks for %s: IAM cannot move it, so change Path only together with NamePrefix", observed, declared)
}

func reservedInOtherCase(key string) string {
	return fmt.Sprintf("carries the tag %s, which IAM treats as the one that the provider keeps, %s: remove that tag from it", key, strings.ToLower(key))
}

func tooManyTagsToAdopt(count int) string {
	return fmt.Sprintf("would carry %d tags while it is adopted, and IAM allows %d: remove tags from it that the template does not declare", count, maxTags)
}

func tooManyTagsToOwn(count, reservedCount int) string {
	return fmt.Sprintf("would carry %d tags, of which the provider keeps %d, and IAM allows %d: declare fewer Tags", count, reservedCount, maxTags)
}

func holdsRoleToDelete(profile, role string) string {
	return fmt.Sprintf("was not made by this resource and holds role %s, which is to be deleted: remove the role from it (aws iam remove-role-from-instance-profile --instance-profile-name %s --role-name %s), then try again", role, profile, role)
}

func noStackID(id string) error {
	return fmt.Errorf("reading StackId %q: want arn:<partition>:cloudformation:<region>:<account>:stack/<name>/<id>", id)
}
