package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestProperties_BadInputIsRefused holds that every kind of bad input is refused
// before the first write, with the property's path, and that the Delete which
// follows succeeds. One account serves all cases: none of them may change it.
// Reference 2.3, 2.4, 2.6, 2.7, 2.10, 2.15, 5.2.
func TestProperties_BadInputIsRefused(t *testing.T) {
	l := newLab(t)
	boundary := l.CreatePolicy("boundary")
	document := map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": "a:B", "Resource": "*"}}}
	long := func(size int) map[string]any {
		return map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": "a:B", "Resource": strings.Repeat("x", size)}}}
	}
	group := func(fields ...any) []any {
		g := map[string]any{"Name": "worker"}
		for i := 0; i < len(fields); i += 2 {
			g[fields[i].(string)] = fields[i+1]
		}
		return []any{g}
	}
	tags := func(n int) []any {
		var list []any
		for i := range n {
			list = append(list, map[string]any{"Key": fmt.Sprint("k", i), "Value": "v"})
		}
		return list
	}
	manyGroups := func(n int) []any {
		var list []any
		for i := range n {
			list = append(list, map[string]any{"Name": fmt.Sprintf("group-with-a-rather-long-name-%02d", i)})
		}
		return list
	}
	tests := []struct {
		name  string
		props properties
		want  []string
	}{
		{"unknown property", properties{"NamePrefx": "x"}, []string{"NamePrefx", "NamePrefix"}},
		{"unknown property deeper", properties{"WorkerGroups": group("ManagedPolicies", []any{})}, []string{"WorkerGroups[0].ManagedPolicies", "ManagedPolicyArns"}},
		{"prefix", properties{"NamePrefix": "no spaces"}, []string{"NamePrefix", `"no spaces"`}},
		{"prefix too long", properties{"NamePrefix": strings.Repeat("x", 60)}, []string{"NamePrefix", "59"}},
		{"group name too long", properties{"NamePrefix": strings.Repeat("x", 40), "WorkerGroups": []any{map[string]any{"Name": strings.Repeat("y", 24)}}}, []string{"WorkerGroups[0].Name", "65 characters", "64"}},
		{"group head", properties{"WorkerGroups": []any{map[string]any{"Name": "head"}}}, []string{"WorkerGroups[0].Name", `"head"`}},
		{"group twice", properties{"WorkerGroups": []any{map[string]any{"Name": "a"}, map[string]any{"Name": "a"}}}, []string{"WorkerGroups[1].Name"}},
		{"no groups", properties{"WorkerGroups": []any{}}, []string{"WorkerGroups"}},
		{"path", properties{"Path": "team"}, []string{"Path", `"team"`}},
		{"boundary form", properties{"PermissionsBoundary": "admin"}, []string{"PermissionsBoundary"}},
		{"boundary not there", properties{"PermissionsBoundary": "arn:aws:iam::" + l.AccountID + ":policy/none"}, []string{"PermissionsBoundary", "no such policy"}},
		{"managed policy form", properties{"WorkerGroups": []any{map[string]any{"Name": "a"}, map[string]any{"Name": "b", "ManagedPolicyArns": []any{"arn:x"}}}}, []string{"WorkerGroups[1].ManagedPolicyArns[0]", `"arn:x"`}},
		{"managed policy not there", properties{"Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "AmazonS3FullAccess", awsPolicy + "NoSuchPolicy"}}}, []string{"Head.ManagedPolicyArns[1]", "NoSuchPolicy"}},
		{"managed policy of another account", properties{"Head": map[string]any{"ManagedPolicyArns": []any{"arn:aws:iam::999999999999:policy/x"}}}, []string{"Head.ManagedPolicyArns[0]", "999999999999"}},
		{"managed policy of another partition", properties{"Head": map[string]any{"ManagedPolicyArns": []any{"arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"}}}, []string{"Head.ManagedPolicyArns[0]", "partition"}},
		{"inline policy without a boundary", properties{"Head": map[string]any{"Policies": []any{map[string]any{"PolicyName": "p", "PolicyDocument": document}}}}, []string{"Head.Policies", "PermissionsBoundary"}},
		{"inline policies too long", properties{"PermissionsBoundary": boundary, "WorkerGroups": group("Policies", []any{map[string]any{"PolicyName": "p", "PolicyDocument": long(6000)}, map[string]any{"PolicyName": "q", "PolicyDocument": long(6000)}})}, []string{"WorkerGroups[0].Policies", "10240"}},
		{"inline policy named twice", properties{"PermissionsBoundary": boundary, "WorkerGroups": group("Policies", []any{map[string]any{"PolicyName": "p", "PolicyDocument": document}, map[string]any{"PolicyName": "p", "PolicyDocument": document}})}, []string{"WorkerGroups[0].Policies[1].PolicyName"}},
		{"tag twice", properties{"Tags": []any{map[string]any{"Key": "a", "Value": ""}, map[string]any{"Key": "a", "Value": ""}}}, []string{"Tags[1].Key"}},
		{"aws tag", properties{"Tags": []any{map[string]any{"Key": "aws:a", "Value": ""}}}, []string{"Tags[0].Key", "reserved"}},
		{"ray-iam tag", properties{"Tags": []any{map[string]any{"Key": "ray-iam:owner", "Value": "x"}}}, []string{"Tags[0].Key", "reserved"}},
		{"51 tags", properties{"Tags": tags(51)}, []string{"Tags", "50"}},
		{"answer too long", properties{"WorkerGroups": manyGroups(20)}, []string{"WorkerGroups", "4096"}},
		{"wait", properties{"PropagationWaitSeconds": 121}, []string{"PropagationWaitSeconds", "120"}},
		{"adoption", properties{"AdoptExisting": "maybe"}, []string{"AdoptExisting"}},
		{"least of all, everything at once", properties{"NamePrefix": "a b", "Path": "x", "Tags": "none", "Head": map[string]any{"Polices": 1}}, []string{"NamePrefix", "Path", "Tags", "Head.Polices", "4 properties"}},
	}
	before := l.Snapshot()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.Proxy.Reset()
			create, rollback := l.Stack().Create(tt.props)
			l.Failed(create, append(tt.want, "nothing was changed", l.Function.LogStream)...)
			if !rollback.OK() {
				t.Errorf("the Delete that follows: %s", rollback.Reason)
			}
			l.writesNothing(tt.name)
			l.unchanged(before, tt.name)
		})
	}
}

// TestProperties_BothFormsAreAccepted holds that booleans and numbers mean the same as
// the strings that CloudFormation makes of them.
// Reference 2.2.
func TestProperties_BothFormsAreAccepted(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	e := s.Event("Create", nil)
	payload := strings.Replace(string(e.JSON()), `"ResourceProperties":{`, `"ResourceProperties":{"AdoptExisting":true,"PropagationWaitSeconds":0,"ServiceTimeout":60,"Revision":3,`, 1)
	if outcome := l.Function.Invoke([]byte(payload), s.Timeout); outcome.Error != "" {
		t.Fatal(outcome.Error)
	}
	if answers := s.Answers(e); len(answers) != 1 || !answers[0].OK() {
		t.Errorf("answers %+v, want one success", answers)
	}
}

// TestBounds_OfTheAdministrator holds the bounds that the function itself
// checks.
// Reference 8.2.
func TestBounds_OfTheAdministrator(t *testing.T) {
	l := newLab(t)
	boundary := l.CreatePolicy("boundary")
	other := l.CreatePolicy("other")
	l.Function = l.Start("RAYIAM_NAME_PREFIX=ray", "RAYIAM_PATH=/", "RAYIAM_ALLOW_ADOPTION=false", "RAYIAM_PERMISSIONS_BOUNDARY="+boundary, "RAYIAM_ALLOWED_POLICY_ARNS="+awsPolicy+"Amazon*Access,"+awsPolicy+"CloudWatchAgent?erverPolicy")
	before := l.Snapshot()
	for name, tt := range map[string]struct {
		props properties
		want  []string
	}{
		"prefix":   {properties{"NamePrefix": "team"}, []string{"NamePrefix", `"team"`, `"ray"`}},
		"path":     {properties{"Path": "/team/"}, []string{"Path", `"/team/"`, `allows only "/"`}},
		"adoption": {properties{"AdoptExisting": true}, []string{"AdoptExisting", "AllowAdoption"}},
		"boundary": {properties{"PermissionsBoundary": other}, []string{"PermissionsBoundary", boundary}},
		"policy":   {properties{"Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "AdministratorAccess"}}}, []string{"Head.ManagedPolicyArns[0]", "AdministratorAccess", "Amazon*Access"}},
	} {
		create, rollback := l.Stack().Create(quick.With(tt.props))
		l.Failed(create, tt.want...)
		l.OK(rollback)
		l.unchanged(before, name)
	}
	l.created(quick.With(properties{"NamePrefix": "ray-team"}))
	l.has("role ray-team-head: boundary "+boundary, "role ray-team-worker: boundary "+boundary)
}

// TestBounds_NamesBeyondThem holds that what is refused because its names are beyond the
// bounds is rolled back, though the execution role may not even look there.
// Reference 8.7.
func TestBounds_NamesBeyondThem(t *testing.T) {
	l := newLab(t)
	l.Function = l.Start("RAYIAM_NAME_PREFIX=ray")
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		name := c.Form.Get("RoleName") + c.Form.Get("InstanceProfileName")
		return name != "" && !strings.HasPrefix(name, "ray")
	}, iamproxy.Denied()))
	before := l.Snapshot()
	gpu := quick.With(properties{"NamePrefix": "gpu"})
	create, rollback := l.Stack().Create(gpu)
	l.Failed(create, "NamePrefix")
	l.OK(rollback)
	l.unchanged(before, "a Create beyond the bounds")
	s := l.created(quick)
	before = l.Snapshot()
	update, rollback := s.Update(gpu)
	l.Failed(update, "NamePrefix")
	l.OK(rollback)
	l.unchanged(before, "an Update beyond the bounds")
}
