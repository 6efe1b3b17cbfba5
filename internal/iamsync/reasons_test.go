package iamsync

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

// realDenial returns a denied call with IAM's words in the form that AWS documents, in which
// the action and the resource differ from call to call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func realDenial(doing, action, resource, why string) error {
	message := fmt.Sprintf("User: arn:aws:sts::123456789012:assumed-role/ray-iam/ray-iam is not authorized to perform: iam:%s on resource: %s %s", action, resource, why)
	return &callError{doing: doing, err: &smithy.GenericAPIError{Code: codeDenied, Message: strings.ReplaceAll(strings.TrimSpace(message), "%s", action)}}
}

// TestFailures_OneKind checks that denials which differ only in action and resource share one
// sentence, with IAM's words about the first, and so do calls that IAM left unanswered for
// about the same time; and that denials by different policies, or of different principals, do
// not.
// Reference 6.12.
func TestFailures_OneKind(t *testing.T) {
	const (
		implicit = "because no identity-based policy allows the iam:%s action"
		explicit = "with an explicit deny in a service control policy"
		arn      = explicit + ": arn:aws:organizations::1:policy/o-1/service_control_policy/p-"
		roleARN  = "arn:aws:iam::123456789012:role/ray-head"
		user     = "User: arn:aws:sts::123456789012:assumed-role/ray-iam/ray-iam is not authorized to perform: "
	)
	var many failures
	for _, name := range []string{"ray-head", "ray-a", "ray-b"} {
		many = append(many,
			realDenial("reading role "+name, "GetRole", "role "+name, implicit),
			realDenial("reading instance profile "+name, "GetInstanceProfile", "instance profile "+name, implicit))
	}
	silent := func(doing string, waited time.Duration) error {
		return &deadlineError{doing: doing, waited: waited, err: context.DeadlineExceeded}
	}
	late := func(denied error) error {
		f := denied.(*callError)
		return &deadlineError{doing: f.doing, waited: time.Second, err: f.err}
	}
	undocumented := &callError{doing: "tagging role a", err: &smithy.GenericAPIError{Code: codeDenied, Message: "not you"}}
	other := &callError{doing: "reading role b", err: &smithy.GenericAPIError{Code: codeDenied, Message: strings.ReplaceAll(user, "ray-iam/ray-iam", "other/other") + "iam:GetRole on resource: role b because no identity-based policy allows the iam:GetRole action"}}
	for name, tt := range map[string]struct {
		errs failures
		want string // without the advice
	}{
		"one": {many[:1], "reading role ray-head: AccessDenied: " + user + "iam:GetRole on resource: role ray-head because no identity-based policy allows the iam:GetRole action"},
		"six of one kind": {many, "AccessDenied: " + user + "iam:GetRole on resource: role ray-head because no identity-based policy allows the iam:GetRole action, and likewise for each of these calls: " +
			"reading role ray-head, reading instance profile ray-head, reading role ray-a and 3 more"},
		"explicit": {failures{realDenial("tagging role a", "TagRole", "role a", explicit), realDenial("tagging role b", "TagRole", "role b", explicit)},
			"AccessDenied: " + user + "iam:TagRole on resource: role a " + explicit + ", and likewise for each of these calls: tagging role a, tagging role b"},
		"one policy by its ARN": {failures{realDenial("a", "TagRole", "role a", arn+"1"), realDenial("b", "TagRole", "role b", arn+"1")},
			"AccessDenied: " + user + "iam:TagRole on resource: role a " + arn + "1, and likewise for each of these calls: a, b"},
		"two policies by their ARNs": {failures{realDenial("a", "TagRole", "role a", arn+"1"), realDenial("b", "TagRole", "role b", arn+"2")},
			"a: AccessDenied: " + user + "iam:TagRole on resource: role a " + arn + "1; b: AccessDenied: " + user + "iam:TagRole on resource: role b " + arn + "2"},
		"explicit and implicit": {failures{realDenial("a", "TagRole", "role a", explicit), realDenial("b", "TagRole", "role b", implicit)},
			"a: AccessDenied: " + user + "iam:TagRole on resource: role a " + explicit + "; b: AccessDenied: " + user + "iam:TagRole on resource: role b because no identity-based policy allows the iam:TagRole action"},
		"without a policy": {failures{realDenial("a", "TagRole", roleARN, ""), realDenial("b", "GetRole", roleARN, "")},
			"AccessDenied: " + user + "iam:TagRole on resource: " + roleARN + ", and likewise for each of these calls: a, b"},
		"the same words": {failures{realDenial("a", "TagRole", "role a", explicit), realDenial("b", "TagRole", "role a", explicit)},
			"AccessDenied: " + user + "iam:TagRole on resource: role a " + explicit + ": a, b"},
		"in no documented form": {failures{undocumented, many[0]}, undocumented.Error() + "; " + many[0].Error()},
		"of two principals":     {failures{many[0], other}, many[0].Error() + "; " + other.Error()},
		"until the deadline": {failures{late(many[0]), late(many[1])}, "no success before the deadline, the last answer was: AccessDenied: " + user +
			"iam:GetRole on resource: role ray-head because no identity-based policy allows the iam:GetRole action, and likewise for each of these calls: reading role ray-head, reading instance profile ray-head"},
		"final and until the deadline": {failures{many[0], late(many[1])}, many[0].Error() + "; " + late(many[1]).Error()},
		"unanswered": {failures{silent("a", 8600*time.Millisecond), silent("b", 8400*time.Millisecond), silent("c", 9*time.Second)},
			"IAM did not answer within 8s, before the deadline: a, b, c"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.errs.Error()
			if advice := tt.errs.advice(); len(advice) > 0 {
				got = strings.TrimSuffix(got, " ("+strings.Join(advice, "; ")+")")
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
