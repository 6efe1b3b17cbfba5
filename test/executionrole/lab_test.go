package executionrole

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

type properties = cloudformation.Properties

// A lab is a rig whose processes have the environment of a deployment. It records every
// authorization that AWS makes for their calls.
type lab struct {
	*rig.Rig
	deployment deployment
	tpl        template
	refuse     func(iamproxy.Call) bool // calls that are answered with AccessDenied

	mu       sync.Mutex
	recorded map[string]policysim.Case
}

// record runs the scene of a deployment and returns its authorizations, sorted.
func record(t *testing.T, tpl template, s deployment) []policysim.Case {
	t.Helper()
	l := &lab{Rig: rig.New(t), deployment: s, tpl: tpl, recorded: map[string]policysim.Case{}}
	l.Proxy.SetFault(l.observe)
	l.EC2.SetFault(l.observeEC2)
	s.scene(l)
	var all []policysim.Case
	for _, c := range l.recorded {
		c.Principal = s.principal()
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b policysim.Case) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// observe records the authorizations of a call to IAM, in the account's state at that time.
func (l *lab) observe(c iamproxy.Call) iamproxy.Effect {
	if action := "cloudformation:" + c.Action; slices.Contains(askAboutStacks, action) {
		l.keep([]policysim.Case{{Action: action, Resource: c.Form.Get("StackName"), Context: conditionKeys{}}})
		return iamproxy.Effect{}
	}
	role := l.role(c.Form)
	e := role
	switch kinds[c.Action].kind {
	case "instance-profile":
		e = l.profile(c.Form)
	case "policy":
		e = entity{arn: c.Form.Get("PolicyArn")}
	}
	all, err := authorizations(c, e, role)
	if err != nil {
		l.TB.Error(err)
	}
	l.keep(all)
	if l.refuse != nil && l.refuse(c) {
		return iamproxy.Denied()
	}
	return iamproxy.Effect{}
}

// observeEC2 records the authorizations of a call to EC2, except the dry run: the function
// does not need the right to launch, it reads EC2's error.
func (l *lab) observeEC2(c iamproxy.Call) iamproxy.Effect {
	if c.Action == "RunInstances" && c.Form.Get("DryRun") == "true" {
		return iamproxy.EC2Denied()
	}
	l.keep([]policysim.Case{{Action: "ec2:" + c.Action, Resource: "*", Context: conditionKeys{}}})
	return iamproxy.Effect{}
}

// keep records cases, each once, with the deployment's account and partition.
func (l *lab) keep(all []policysim.Case) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range all {
		text, err := json.Marshal(c)
		if err != nil {
			l.TB.Error(err)
		}
		here := strings.NewReplacer(l.AccountID, account, "arn:aws:", "arn:"+l.deployment.part()+":").Replace(string(text))
		var moved policysim.Case
		if err := json.Unmarshal([]byte(here), &moved); err != nil {
			l.TB.Error(err)
		}
		keys, _ := json.Marshal(moved.Context)
		moved.Name = fmt.Sprintf("%s on %s with %s", moved.Action, moved.Resource, keys)
		l.recorded[moved.Name] = moved
	}
}

// role returns the role that a call names. If the role does not exist, IAM does not know
// its path or tags; if the call creates the role, they are those in the call.
func (l *lab) role(form map[string][]string) entity {
	name := strings.Join(form["RoleName"], "")
	e := entity{arn: l.arn("role", strings.Join(form["Path"], ""), name)}
	out, err := l.IAM.GetRole(context.Background(), &iam.GetRoleInput{RoleName: &name})
	if err == nil {
		e = entity{arn: aws.ToString(out.Role.Arn), tags: tagMap(out.Role.Tags)}
		if out.Role.PermissionsBoundary != nil {
			e.boundary = aws.ToString(out.Role.PermissionsBoundary.PermissionsBoundaryArn)
		}
	}
	return e
}

func (l *lab) profile(form map[string][]string) entity {
	name := strings.Join(form["InstanceProfileName"], "")
	e := entity{arn: l.arn("instance-profile", strings.Join(form["Path"], ""), name)}
	out, err := l.IAM.GetInstanceProfile(context.Background(), &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err == nil {
		e = entity{arn: aws.ToString(out.InstanceProfile.Arn), tags: tagMap(out.InstanceProfile.Tags)}
	}
	return e
}

func (l *lab) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:%s%s%s", l.AccountID, kind, cmp.Or(path, "/"), name)
}

func tagMap(tags []types.Tag) map[string]string {
	m := map[string]string{}
	for _, tag := range tags {
		m[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return m
}

// provided returns a stack whose provider has the parameters of the deployment, with some
// changed.
func (l *lab) provided(changes map[string]string) *cloudformation.Stack {
	l.TB.Helper()
	l.Function = l.provider(changes)
	return l.Stack()
}

// provider starts a process of the function. Its calls to CloudFormation go through the
// proxy, too, so that they are recorded.
func (l *lab) provider(changes map[string]string) *lambdaruntime.Function {
	l.TB.Helper()
	s := l.deployment
	s.parameters = map[string]string{}
	for _, parameters := range []map[string]string{l.deployment.parameters, changes} {
		for name, value := range parameters {
			s.parameters[name] = strings.NewReplacer(account, l.AccountID, "arn:"+l.deployment.part()+":", "arn:aws:").Replace(value)
		}
	}
	return l.Start(append(s.environment(l.TB, l.tpl), "AWS_ENDPOINT_URL_CLOUDFORMATION="+l.Proxy.URL)...)
}

// did fails the test unless each answer is a success.
func (l *lab) did(answers ...cloudformation.Answer) {
	l.TB.Helper()
	for _, a := range answers {
		if a.Status != "" {
			l.OK(a)
		}
	}
}
