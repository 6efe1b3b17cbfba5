package rig

import (
	"slices"
	"strings"
)

// passByHand is the policy with which the recipe's head may pass the worker's role.
const passByHand = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/ray-worker"}]}`

// Recipe has the commands of the AWS CLI, after `aws iam`, that people type by hand: there
// are 14. docs/reference.md, 1.7, names the page.
var Recipe = [][]string{
	{"create-role", "--role-name", "ray-head", "--assume-role-policy-document", TrustByHand},
	{"create-role", "--role-name", "ray-worker", "--assume-role-policy-document", TrustByHand},
	{"create-instance-profile", "--instance-profile-name", "ray-head"},
	{"create-instance-profile", "--instance-profile-name", "ray-worker"},
	{"add-role-to-instance-profile", "--instance-profile-name", "ray-head", "--role-name", "ray-head"},
	{"add-role-to-instance-profile", "--instance-profile-name", "ray-worker", "--role-name", "ray-worker"},
	{"attach-role-policy", "--role-name", "ray-head", "--policy-arn", awsPolicy + "AmazonEC2FullAccess"},
	{"attach-role-policy", "--role-name", "ray-head", "--policy-arn", awsPolicy + "AmazonS3FullAccess"},
	{"attach-role-policy", "--role-name", "ray-head", "--policy-arn", awsPolicy + "AmazonFSxFullAccess"},
	{"attach-role-policy", "--role-name", "ray-head", "--policy-arn", awsPolicy + "CloudWatchAgentServerPolicy"},
	{"attach-role-policy", "--role-name", "ray-head", "--policy-arn", awsPolicy + "AmazonSSMFullAccess"},
	{"attach-role-policy", "--role-name", "ray-worker", "--policy-arn", awsPolicy + "AmazonS3FullAccess"},
	{"attach-role-policy", "--role-name", "ray-worker", "--policy-arn", awsPolicy + "AmazonFSxFullAccess"},
	{"put-role-policy", "--role-name", "ray-head", "--policy-name", "ray-pass-role-policy", "--policy-document", passByHand},
}

// BeyondRecipe are the default policies, by role, that the recipe does not attach.
var BeyondRecipe = map[string][]string{"ray-worker": {"CloudWatchAgentServerPolicy"}}

// DefaultPolicies returns the names of the default policies of each role, sorted: those of
// Recipe and BeyondRecipe.
func DefaultPolicies() map[string][]string {
	policies := map[string][]string{}
	for _, command := range Recipe {
		if command[0] == "attach-role-policy" {
			policies[command[2]] = append(policies[command[2]], strings.TrimPrefix(command[4], awsPolicy))
		}
	}
	for role, names := range BeyondRecipe {
		policies[role] = append(policies[role], names...)
	}
	for _, names := range policies {
		slices.Sort(names)
	}
	return policies
}
