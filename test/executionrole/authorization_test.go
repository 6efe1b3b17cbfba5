package executionrole

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// kinds has, for each call, the kind of resource on which IAM authorizes the call (none for
// "*"), and the condition keys other than those of resource tags. A call that is missing
// here is an error. The simulator refuses a key that the reference does not list.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
var kinds = map[string]struct {
	kind       string
	current    bool // iam:PermissionsBoundary is the role's present boundary
	new        bool // iam:PermissionsBoundary is the boundary in the request
	policy     bool // iam:PolicyARN
	tags, keys bool // aws:RequestTag and aws:TagKeys, or only aws:TagKeys
}{
	"AddRoleToInstanceProfile":      {kind: "instance-profile"},
	"AttachRolePolicy":              {kind: "role", current: true, policy: true},
	"CreateInstanceProfile":         {kind: "instance-profile", tags: true},
	"CreateRole":                    {kind: "role", new: true, tags: true},
	"DeleteInstanceProfile":         {kind: "instance-profile"},
	"DeleteRole":                    {kind: "role", current: true},
	"DeleteRolePermissionsBoundary": {kind: "role", current: true},
	"DeleteRolePolicy":              {kind: "role", current: true},
	"DetachRolePolicy":              {kind: "role", current: true, policy: true},
	"GetInstanceProfile":            {kind: "instance-profile"},
	"GetPolicy":                     {kind: "policy"},
	"GetRole":                       {kind: "role", current: true},
	"GetRolePolicy":                 {kind: "role"},
	"ListAttachedRolePolicies":      {kind: "role"},
	"ListInstanceProfiles":          {},
	"ListInstanceProfilesForRole":   {kind: "role"},
	"ListRolePolicies":              {kind: "role"},
	"ListRoles":                     {},
	"PassRole":                      {kind: "role"},
	"PutRolePermissionsBoundary":    {kind: "role", new: true},
	"PutRolePolicy":                 {kind: "role", current: true},
	"RemoveRoleFromInstanceProfile": {kind: "instance-profile"},
	"TagInstanceProfile":            {kind: "instance-profile", tags: true},
	"TagRole":                       {kind: "role", tags: true},
	"UntagInstanceProfile":          {kind: "instance-profile", keys: true},
	"UntagRole":                     {kind: "role", keys: true},
	"UpdateAssumeRolePolicy":        {kind: "role", current: true},
}

// askAboutStacks are the calls to CloudFormation.
var askAboutStacks = []string{"cloudformation:DescribeStackResource", "cloudformation:DescribeStackResources", "cloudformation:DescribeStacks"}

// findInstances is the only call to EC2 that the function may make. EC2 authorizes it on
// "*".
const findInstances = "ec2:DescribeInstances"

// An entity is a role or instance profile in its state at the time of a call.
type entity struct {
	arn      string
	tags     map[string]string
	boundary string
}

// authorizations returns the authorizations of a call on e.
//
// A create call with tags is also authorized as tagging, and the resource then already has
// these tags. Adding a role to an instance profile is also authorized as passing the role
// to EC2.
func authorizations(c iamproxy.Call, e, role entity) ([]policysim.Case, error) {
	k, known := kinds[c.Action]
	if !known {
		return nil, fmt.Errorf("the function called %s, and the proofs do not know how IAM authorizes it", c.Action)
	}
	if k.kind == "" {
		e = entity{arn: "*"}
	}
	request := formTags(c.Form)
	context := map[string][]string{}
	for key, value := range e.tags {
		context["aws:ResourceTag/"+key] = []string{value}
	}
	if k.tags {
		addRequestTags(context, request)
	}
	if k.keys {
		context["aws:TagKeys"] = formList(c.Form, "TagKeys.member.%d")
	}
	if k.current && e.boundary != "" {
		context["iam:PermissionsBoundary"] = []string{e.boundary}
	}
	if wanted := c.Form.Get("PermissionsBoundary"); k.new && wanted != "" {
		context["iam:PermissionsBoundary"] = []string{wanted}
	}
	if k.policy {
		context["iam:PolicyARN"] = []string{c.Form.Get("PolicyArn")}
	}
	all := []policysim.Case{{Action: "iam:" + c.Action, Resource: e.arn, Context: context}}
	switch c.Action {
	case "CreateRole", "CreateInstanceProfile":
		tagging := map[string][]string{}
		addRequestTags(tagging, request)
		for key, value := range request {
			tagging["aws:ResourceTag/"+key] = []string{value}
		}
		all = append(all, policysim.Case{Action: "iam:" + strings.Replace(c.Action, "Create", "Tag", 1), Resource: e.arn, Context: tagging})
	case "AddRoleToInstanceProfile":
		all = append(all, policysim.Case{Action: "iam:PassRole", Resource: role.arn, Context: map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}}})
	}
	return all, nil
}

func addRequestTags(context map[string][]string, tags map[string]string) {
	for key, value := range tags {
		context["aws:RequestTag/"+key] = []string{value}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], key)
	}
	slices.Sort(context["aws:TagKeys"])
}

func formTags(form url.Values) map[string]string {
	tags := map[string]string{}
	values := formList(form, "Tags.member.%d.Value")
	for i, key := range formList(form, "Tags.member.%d.Key") {
		tags[key] = values[i]
	}
	return tags
}

// formList returns the members of a list in an API form.
func formList(form url.Values, name string) []string {
	var list []string
	for i := 1; form.Has(fmt.Sprintf(name, i)); i++ {
		list = append(list, form.Get(fmt.Sprintf(name, i)))
	}
	return list
}
