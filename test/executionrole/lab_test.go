package executionrole

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

type properties = cloudformation.Properties

// A lab runs the function in the environment that a set gives it, and keeps every
// authorization that IAM would check for its calls.
type lab struct {
	t       *testing.T
	set     set
	tpl     template
	account string
	iam     *iam.Client // beside the proxy
	proxy   *iamproxy.Proxy
	urls    *responseurl.Server
	refuse  func(iamproxy.Call) bool // answered with AccessDenied

	mu       sync.Mutex
	recorded map[string]policysim.Case
}

// record plays the scene of a set and returns its authorizations, sorted.
func record(t *testing.T, tpl template, s set) []policysim.Case {
	t.Helper()
	pool, err := moto.Shared()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, set: s, tpl: tpl, account: pool.Take(), urls: responseurl.New(), recorded: map[string]policysim.Case{}}
	defer pool.Return(l.account)
	header := http.Header{moto.AccountHeader: {l.account}}
	l.iam = rig.Client(pool.URL(), header)
	l.proxy = iamproxy.New(pool.URL(), header)
	l.proxy.SetFault(l.observe)
	defer l.urls.Close()
	defer l.proxy.Close()
	defer func() {
		if err := rig.Wipe(context.Background(), l.iam); err != nil {
			t.Error(err)
		}
	}()
	s.scene(l)
	var all []policysim.Case
	for _, c := range l.recorded {
		c.Principal = s.principal()
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b policysim.Case) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// observe keeps what IAM would check for a call, in the state that it meets.
func (l *lab) observe(c iamproxy.Call) iamproxy.Effect {
	if c.Action == "DescribeStackResource" {
		l.keep([]policysim.Case{{Action: askAboutStacks, Resource: c.Form.Get("StackName"), Context: conditionKeys{}}})
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
		l.t.Error(err)
	}
	l.keep(all)
	if l.refuse != nil && l.refuse(c) {
		return iamproxy.Answer(http.StatusForbidden, "AccessDenied")
	}
	return iamproxy.Effect{}
}

// keep adds cases, each once, in the account and the partition of the set.
func (l *lab) keep(all []policysim.Case) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range all {
		text, err := json.Marshal(c)
		if err != nil {
			l.t.Error(err)
		}
		here := strings.NewReplacer(l.account, account, "arn:aws:", "arn:"+l.set.part()+":").Replace(string(text))
		var moved policysim.Case
		if err := json.Unmarshal([]byte(here), &moved); err != nil {
			l.t.Error(err)
		}
		context, _ := json.Marshal(moved.Context)
		moved.Name = fmt.Sprintf("%s on %s with %s", moved.Action, moved.Resource, context)
		l.recorded[moved.Name] = moved
	}
}

// role returns the role that a call names. Of one that is not there IAM knows neither
// the path nor anything else; of one that is to be made, what the call says.
func (l *lab) role(form map[string][]string) entity {
	name := strings.Join(form["RoleName"], "")
	e := entity{arn: l.arn("role", strings.Join(form["Path"], ""), name)}
	out, err := l.iam.GetRole(l.t.Context(), &iam.GetRoleInput{RoleName: &name})
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
	out, err := l.iam.GetInstanceProfile(l.t.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err == nil {
		e = entity{arn: aws.ToString(out.InstanceProfile.Arn), tags: tagMap(out.InstanceProfile.Tags)}
	}
	return e
}

func (l *lab) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:%s%s%s", l.account, kind, orDefault(path, "/"), name)
}

func tagMap(tags []types.Tag) map[string]string {
	m := map[string]string{}
	for _, tag := range tags {
		m[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return m
}

// stack returns a stack whose provider has the parameters of the set, and those of
// changes in place of them.
func (l *lab) stack(changes map[string]string) *cloudformation.Stack {
	l.t.Helper()
	return cloudformation.NewStack(l.t, l.function(changes), l.urls, l.account)
}

func (l *lab) function(changes map[string]string) *lambdaruntime.Function {
	l.t.Helper()
	s := l.set
	s.parameters = map[string]string{}
	for _, parameters := range []map[string]string{l.set.parameters, changes} {
		for name, value := range parameters {
			s.parameters[name] = strings.NewReplacer(account, l.account, "arn:"+l.set.part()+":", "arn:aws:").Replace(value)
		}
	}
	executable, err := checkout.Function()
	if err != nil {
		l.t.Fatal(err)
	}
	f, err := lambdaruntime.Start(executable, l.account, append(s.environment(l.t, l.tpl), "AWS_ENDPOINT_URL="+l.proxy.URL)...)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(f.Stop)
	return f
}

// did fails the test unless each answer is a success.
func (l *lab) did(answers ...cloudformation.Answer) {
	l.t.Helper()
	for _, a := range answers {
		if a.Status != "" && !a.OK() {
			l.t.Fatalf("%s: FAILED: %s", l.set.name, a.Reason)
		}
	}
}
