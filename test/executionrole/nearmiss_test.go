package executionrole

import (
	"fmt"
	"maps"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

type conditionKeys = map[string][]string

const (
	ownerTag     = "aws:ResourceTag/ray-iam:owner"
	adoptedTag   = "aws:ResourceTag/ray-iam:adopted"
	newOwnerTag  = "aws:RequestTag/ray-iam:owner"
	newAdopted   = "aws:RequestTag/ray-iam:adopted"
	boundaryKey  = "iam:PermissionsBoundary"
	policyKey    = "iam:PolicyARN"
	serviceKey   = "iam:PassedToService"
	tagKeys      = "aws:TagKeys"
	otherAccount = "999999999999"
)

// rightful returns, for each call, a case that the policies allow. A near miss differs from
// it in one thing, so that this is the only reason for its denial.
func (s deployment) rightful() []policysim.Case {
	var all []policysim.Case
	for name, k := range kinds {
		if name == "DeleteRolePermissionsBoundary" && s.bounded() {
			continue
		}
		if k.kind == "" && !s.looks() {
			continue
		}
		context := conditionKeys{ownerTag: {s.owner()}}
		switch {
		case name == "PassRole":
			context = conditionKeys{serviceKey: {"ec2.amazonaws.com"}}
		case isRead(name):
			context = conditionKeys{}
		case strings.HasPrefix(name, "Create"):
			context = conditionKeys{newOwnerTag: {s.owner()}, tagKeys: {"ray-iam:owner"}}
		case strings.HasPrefix(name, "Tag"):
			context["aws:RequestTag/team"], context[tagKeys] = []string{"x"}, []string{"team"}
		case strings.HasPrefix(name, "Untag"):
			context[tagKeys] = []string{"team"}
		}
		if s.bounded() && (k.current || k.new) && !isRead(name) {
			context[boundaryKey] = []string{s.parameters["PermissionsBoundary"]}
		}
		if k.policy {
			context[policyKey] = []string{s.iamARN("aws", "policy", "/", "AmazonS3FullAccess")}
		}
		all = append(all, s.call("", name, s.own(k.kind), context))
	}
	return all
}

func isRead(name string) bool {
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List")
}

// call returns one authorization. Only the policies of the function's own account decide,
// whatever account is in the ARN: in another account, the call would be denied anyway
// because no policy there allows it.
func (s deployment) call(why, action, resource string, context conditionKeys) policysim.Case {
	if !strings.Contains(action, ":") {
		action = "iam:" + action
	}
	c := policysim.Case{Name: fmt.Sprintf("%s: %s on %s with %v", why, action, resource, context), Principal: s.principal(), Action: action, Resource: resource, Account: account, Context: context}
	if strings.HasPrefix(action, "kms:") {
		c.ResourcePolicy = fmt.Sprintf(keyPolicy, s.part(), account)
	}
	return c
}

// keyPolicy lets IAM decide who may use a key, as KMS's default key policy does.
const keyPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:%s:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}`

// own returns the ARN of a role, an instance profile or a policy within the bounds.
func (s deployment) own(kind string) string {
	switch kind {
	case "":
		return "*"
	case "policy":
		return s.iamARN(account, kind, "/", "mine")
	}
	return s.iamARN(account, kind, s.path(), s.prefix()+"-head")
}

// nearMisses returns the rightful calls, each with one fault.
func (s deployment) nearMisses() []policysim.Case {
	var all []policysim.Case
	for _, good := range s.rightful() {
		name := strings.TrimPrefix(good.Action, "iam:")
		if kinds[name].kind == "" {
			continue // no part of the call can be wrong
		}
		for why, resource := range s.foreignResources(name, kinds[name].kind) {
			all = append(all, s.call(why, name, resource, good.Context))
		}
		for key, values := range good.Context {
			for why, value := range s.wrongValues(name, key) {
				context := maps.Clone(good.Context)
				if value == nil {
					delete(context, key)
				} else {
					context[key] = value
				}
				all = append(all, s.call(fmt.Sprintf("%s instead of %v", why, values), name, good.Resource, context))
			}
		}
		if s.bounded() && (kinds[name].current || kinds[name].new) && name == "PutRolePermissionsBoundary" {
			all = append(all, s.call("boundary removed", "DeleteRolePermissionsBoundary", good.Resource, conditionKeys{ownerTag: {s.owner()}, boundaryKey: good.Context[boundaryKey]}))
		}
	}
	return all
}

// foreignResources returns the resources on which a call must be denied although everything
// else is right.
func (s deployment) foreignResources(name, kind string) map[string]string {
	other := "aws-us-gov"
	here := "arn:" + s.part() + ":"
	foreign := map[string]string{
		"another account":   strings.Replace(s.own(kind), account, otherAccount, 1),
		"another partition": strings.Replace(s.own(kind), here, "arn:"+other+":", 1),
	}
	if kind == "policy" {
		foreign["another partition's own policy"] = "arn:" + other + ":iam::aws:policy/ReadOnlyAccess"
		return foreign
	}
	foreign["another prefix"] = s.iamARN(account, kind, s.path(), "admin")
	foreign["a name with the prefix inside"] = s.iamARN(account, kind, s.path(), "my-"+s.prefix()+"-head")
	foreign["another prefix at a path"] = s.iamARN(account, kind, "/elsewhere/", "admin")
	if kind == "role" {
		foreign["the function's own role"] = s.executionRole()
	}
	if !isRead(name) {
		foreign["another path"] = s.iamARN(account, kind, "/elsewhere/", s.prefix()+"-head")
		foreign["a path that begins like the prefix"] = s.iamARN(account, kind, s.path()+s.prefix()+"-team/", "admin")
	}
	return foreign
}

// wrongValues returns the values of a condition key with which the call must be denied; nil
// for no value.
func (s deployment) wrongValues(name, key string) map[string][]string {
	switch key {
	case ownerTag, newOwnerTag:
		return map[string][]string{"nobody's": nil, "owner by hand": {"somebody"}, "another provider's": {"zz-" + someOwner}}
	case boundaryKey:
		if name == "AttachRolePolicy" || name == "PutRolePolicy" || kinds[name].new {
			return map[string][]string{"no boundary": nil, "another boundary": {s.iamARN("aws", "policy", "/", "AdministratorAccess")}}
		}
	case policyKey:
		if patterns := s.parameters["AllowedPolicyArns"]; name == "AttachRolePolicy" && strings.Contains(patterns, "Amazon*") {
			return map[string][]string{
				"administrator policy":     {s.iamARN("aws", "policy", "/", "AdministratorAccess")},
				"IAM policy":               {s.iamARN("aws", "policy", "/", "IAMFullAccess")},
				"another account's policy": {s.iamARN(otherAccount, "policy", "/", "AmazonS3FullAccess")},
				"own administrator policy": {s.iamARN(account, "policy", "/", "AdministratorAccess")},
				"longer than a pattern":    {s.iamARN("aws", "policy", "/", "CloudWatchAgentServerPolicy2")},
				"a policy at a path":       {s.iamARN("aws", "policy", "/job-function/", "SystemAdministrator")},
				"no policy":                nil,
			}
		}
	case serviceKey:
		return map[string][]string{
			"Lambda": {"lambda.amazonaws.com"}, "ECS": {"ecs-tasks.amazonaws.com"}, "SageMaker": {"sagemaker.amazonaws.com"},
			"Glue": {"glue.amazonaws.com"}, "CloudFormation": {"cloudformation.amazonaws.com"}, "no service": nil,
		}
	case tagKeys:
		if strings.HasPrefix(name, "Untag") {
			return map[string][]string{
				"owner tag": {"ray-iam:owner"}, "owner tag in capitals": {"RAY-IAM:OWNER"}, "stack tag": {"ray-iam:stack"},
				"adopted tag": {"ray-iam:adopted"}, "declared tag": {"ray-iam:declared"}, "owner tag among others": {"team", "ray-iam:owner"},
			}
		}
	}
	return nil
}
