package servicecatalog

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

type conditionKeys = map[string][]string

// call returns one authorization. Only the launch role's policy decides, whatever account
// is in the ARN: in another account, the call would be denied anyway because no policy
// there allows it.
func call(why, action, resource string, context conditionKeys) policysim.Case {
	return policysim.Case{Name: fmt.Sprintf("%s: %s on %s with %v", why, action, resource, context), Action: action, Resource: resource, Account: account, Context: context}
}

// templateURL is the URL of Service Catalog's copy of a product's template.
const templateURL = "https://cf-templates-servicecatalog.s3.us-east-1.amazonaws.com/template"

// tags returns the condition keys of the tags that Service Catalog puts on the stack of a
// provisioned product, and of one tag of the end user's:
// https://docs.aws.amazon.com/servicecatalog/latest/adminguide/autotags.html
func tags() conditionKeys {
	keys := conditionKeys{}
	for tag, value := range map[string]string{
		"aws:servicecatalog:portfolioArn":                   "arn:aws:catalog:us-east-1:" + account + ":portfolio/port-abc",
		"aws:servicecatalog:productArn":                     "arn:aws:catalog:us-east-1:" + account + ":product/prod-abc",
		"aws:servicecatalog:provisionedProductArn":          "arn:aws:servicecatalog:us-east-1:" + account + ":stack/mine/pp-abcdefghijklm",
		"aws:servicecatalog:provisioningArtifactIdentifier": "pa-abc",
		"aws:servicecatalog:provisioningPrincipalArn":       "arn:aws:iam::" + account + ":role/data-scientist",
		"team": "research",
	} {
		keys["aws:RequestTag/"+tag] = []string{value}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], tag)
	}
	slices.Sort(keys["aws:TagKeys"])
	return keys
}

func withTags(more conditionKeys) conditionKeys {
	keys := tags()
	for key, values := range more {
		keys[key] = values
	}
	return keys
}

// An operation is a request of an end user to Service Catalog.
type operation struct {
	name  string
	calls func(s state) []policysim.Case
	// handlers are the handlers of the product's resources that CloudFormation runs for the
	// operation and its rollback.
	handlers []string
}

// operations are all operations that the launch role is for.
var operations = []operation{
	{"launch", launch, []string{"create", "read", "delete"}},
	{"update", update, []string{"create", "read", "update", "delete"}},
	{"update with a preview", preview, nil},
	{"termination", terminate, []string{"read", "delete"}},
}

func launch(s state) []policysim.Case {
	return append(reads(s),
		call("launch", "cloudformation:CreateStack", s.launchedStack(), withTags(conditionKeys{"cloudformation:TemplateUrl": {templateURL}})),
		call("launch", "cloudformation:TagResource", s.launchedStack(), withTags(conditionKeys{"cloudformation:CreateAction": {"CreateStack"}})),
		call("launch", "cloudformation:SetStackPolicy", s.launchedStack(), nil),
		call("launch", "lambda:InvokeFunction", s.function(), conditionKeys{"aws:CalledVia": {"cloudformation.amazonaws.com"}}),
	)
}

func update(s state) []policysim.Case {
	return append(reads(s),
		call("update", "cloudformation:UpdateStack", s.launchedStack(), withTags(conditionKeys{"cloudformation:TemplateUrl": {templateURL}})),
		call("update", "cloudformation:TagResource", s.launchedStack(), tags()),
		call("update", "cloudformation:UntagResource", s.launchedStack(), conditionKeys{"aws:TagKeys": {"team"}}),
		call("update", "cloudformation:SetStackPolicy", s.launchedStack(), nil),
		call("update", "lambda:InvokeFunction", s.function(), conditionKeys{"aws:CalledVia": {"cloudformation.amazonaws.com"}}),
	)
}

// preview returns the calls of a provisioned product plan: a change set, and its execution.
func preview(s state) []policysim.Case {
	named := conditionKeys{"cloudformation:ChangeSetName": {"SC-plan-abcdefghijklm"}}
	return append(reads(s),
		call("preview", "cloudformation:CreateChangeSet", s.launchedStack(), withTags(named)),
		call("preview", "cloudformation:TagResource", s.changeSet(), withTags(conditionKeys{"cloudformation:CreateAction": {"CreateChangeSet"}})),
		call("preview", "cloudformation:DescribeChangeSet", s.launchedStack(), named),
		call("preview", "cloudformation:ListChangeSets", s.launchedStack(), nil),
		call("preview", "cloudformation:ExecuteChangeSet", s.launchedStack(), named),
		call("preview", "cloudformation:DeleteChangeSet", s.launchedStack(), named),
	)
}

func terminate(s state) []policysim.Case {
	return append(looks(s),
		call("termination", "cloudformation:DeleteStack", s.launchedStack(), nil),
		call("termination", "lambda:InvokeFunction", s.function(), conditionKeys{"aws:CalledVia": {"cloudformation.amazonaws.com"}}),
	)
}

// reads returns the calls before a launch or an update, which read the template in a bucket
// of Service Catalog's own, and the stack's state. GetTemplateSummary of a URL names no
// stack, so only a statement on "*" allows it. The simulator requires a stack.
func reads(s state) []policysim.Case {
	return append(looks(s),
		call("template", "s3:GetObject", s.arn("s3", "", "", "cf-templates-servicecatalog/template"), provisioning("true")),
		call("template", "cloudformation:GetTemplateSummary", s.arn("cloudformation", s.place(), otherAccount, "stack/none/1"), conditionKeys{"cloudformation:TemplateUrl": {templateURL}}),
		call("template", "cloudformation:ValidateTemplate", "*", conditionKeys{"cloudformation:TemplateUrl": {templateURL}}),
	)
}

func looks(s state) []policysim.Case {
	return []policysim.Case{
		call("state", "cloudformation:DescribeStacks", s.launchedStack(), nil),
		call("state", "cloudformation:DescribeStackEvents", s.launchedStack(), nil),
		call("state", "cloudformation:ListStackResources", s.launchedStack(), nil),
	}
}

func provisioning(value string) conditionKeys {
	return conditionKeys{"s3:ExistingObjectTag/servicecatalog:provisioning": {value}}
}

// rightful returns every authorization of an operation.
func (o operation) rightful(t *testing.T, s state) []policysim.Case {
	t.Helper()
	all := o.calls(s)
	for _, n := range needs(t, read(t, productPath), o.handlers) {
		if n.unneeded == "" {
			all = append(all, call(o.name+" of "+n.typ, n.permission, s.resourceARNs()[n.typ], nil))
		}
	}
	return all
}
