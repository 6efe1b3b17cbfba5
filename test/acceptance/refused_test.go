package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestProperties_BadInputIsRefused proves that bad input is refused before the first write,
// with the property's path, and that the following Delete succeeds. It has one case for
// each place in the code that refuses input; TestFaults and TestCheck have the cases for
// each rule. All cases use one account, which no case may change.
// Reference 2.3, 2.4, 2.6, 2.7, 2.10, 2.15, 5.2.
func TestProperties_BadInputIsRefused(t *testing.T) {
	l := newLab(t)
	var long []string
	for i := range 20 {
		long = append(long, fmt.Sprintf("group-with-a-rather-long-name-%02d", i))
	}
	tests := []struct {
		name  string
		props properties
		want  []string
	}{
		{"unknown property", properties{"NamePrefx": "x"}, []string{"NamePrefx", "NamePrefix"}},
		{"group name too long", properties{"NamePrefix": strings.Repeat("x", 40), "WorkerGroups": []any{map[string]any{"Name": strings.Repeat("y", 24)}}}, []string{"WorkerGroups[0].Name", "65 characters", "64"}},
		{"boundary that does not exist", properties{"PermissionsBoundary": "arn:aws:iam::" + l.AccountID + ":policy/none"}, []string{"PermissionsBoundary", "no such policy"}},
		{"managed policy that does not exist", properties{"Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "AmazonS3FullAccess", awsPolicy + "NoSuchPolicy"}}}, []string{"Head.ManagedPolicyArns[1]", "NoSuchPolicy"}},
		{"answer too long", properties{"WorkerGroups": rig.Groups(long...)}, []string{"WorkerGroups", "4096"}},
		{"several at once", properties{"NamePrefix": "a b", "Path": "x", "Tags": "none", "Head": map[string]any{"Polices": 1}}, []string{"NamePrefix", "Path", "Tags", "Head.Polices", "4 properties"}},
	}
	before := l.Snapshot()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.Proxy.Reset()
			create, rollback := l.Stack().Create(tt.props)
			l.Failed(create, append(tt.want, "nothing was changed", l.Function.LogStream)...)
			l.OK(rollback)
			l.writesNothing(tt.name)
			l.unchanged(before, tt.name)
		})
	}
}

// TestProperties_BothFormsAreAccepted proves that booleans and numbers mean the same as the
// strings into which CloudFormation turns them.
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

// TestBounds_OfTheAdministrator checks the administrator's bounds that the function itself
// enforces.
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

// TestBounds_AroundTheListOfPolicies proves that LeastPrivilege is no way around the
// administrator's list of managed policies. Without further bounds, a template could name
// the bucket with the provider's own package, or another team's cluster, and is refused
// before any write. It is accepted within bounds for buckets and cluster names, or under
// the administrator's boundary.
// Reference 8.8.
func TestBounds_AroundTheListOfPolicies(t *testing.T) {
	l := newLab(t)
	const policies = "RAYIAM_ALLOWED_POLICY_ARNS=" + awsPolicy + "CloudWatchAgentServerPolicy"
	buckets, names := "RAYIAM_ALLOWED_BUCKETS=research-*", "RAYIAM_ALLOWED_CLUSTER_NAMES=research*"
	boundary := "RAYIAM_PERMISSIONS_BOUNDARY=" + l.CreatePolicy("boundary")
	bucket := func(name string) []any { return []any{map[string]any{"Name": name}} }
	const ask = "AllowedBuckets and AllowedClusterNames"
	secret := []any{"arn:aws:secretsmanager:us-east-1:" + l.AccountID + ":secret:payroll-AbCd12"}
	before := l.Snapshot()
	for _, tt := range []struct {
		name     string
		settings []string
		props    properties
		want     []string // nil: the request succeeds
	}{
		{"the provider's package", []string{policies}, leastPrivilege("S3Buckets", bucket("sam-packages")), []string{"LeastPrivilege", ask}},
		{"another team's cluster", []string{policies}, leastPrivilege("ClusterName", "payroll"), []string{"LeastPrivilege", ask}},
		{"under a boundary of the template's", []string{policies}, leastPrivilege().With(properties{"PermissionsBoundary": awsPolicy + "AdministratorAccess"}), []string{ask}},
		{"buckets bounded alone", []string{policies, buckets}, leastPrivilege(), []string{ask}},
		{"names bounded alone", []string{policies, names}, leastPrivilege(), []string{ask}},
		{"another bucket", []string{policies, buckets, names}, leastPrivilege("S3Buckets", bucket("sam-packages")), []string{"LeastPrivilege.S3Buckets[0].Name", "research-*"}},
		{"another bucket of a group", []string{policies, buckets, names}, leastPrivilege().With(properties{"WorkerGroups": []any{map[string]any{"Name": "cpu", "S3Buckets": bucket("sam-packages")}}}), []string{"WorkerGroups[0].S3Buckets[0].Name", "research-*"}},
		{"another name", []string{policies, buckets, names}, leastPrivilege("ClusterName", "payroll"), []string{"LeastPrivilege.ClusterName", "research*"}},
		{"wider names", []string{policies, buckets, names}, properties{"LeastPrivilege": map[string]any{"ClusterNamePrefix": "r"}}, []string{"LeastPrivilege.ClusterNamePrefix", "research*"}},
		{"another team's secret", []string{policies, buckets, names}, leastPrivilege("SecretArns", secret), []string{"LeastPrivilege.SecretArns", "PermissionsBoundary"}},
		{"within the bounds", []string{policies, buckets, names}, leastPrivilege("S3Buckets", bucket("research-results")), nil},
		{"under the administrator's boundary", []string{policies, boundary}, leastPrivilege("SecretArns", secret), nil},
	} {
		l.Function = l.Start(tt.settings...)
		if tt.want == nil {
			s := l.created(quick.With(tt.props))
			l.OK(s.Delete())
			continue
		}
		create, rollback := l.Stack().Create(quick.With(tt.props))
		l.Failed(create, append(tt.want, "nothing was changed")...)
		l.OK(rollback)
		l.unchanged(before, tt.name)
	}
}

// TestBounds_NamesBeyondThem proves that a request which is refused because its names are
// outside the bounds is answered and rolled back, although the execution role may not even
// read those names; also in a new process, which retries denials.
// Reference 8.7.
func TestBounds_NamesBeyondThem(t *testing.T) {
	t.Parallel()
	for name, patience := range map[string]string{"denials are final": "0", "denials may pass": "2"} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.Function = l.Start("RAYIAM_NAME_PREFIX=ray", "RAYIAM_DENIAL_PATIENCE_SECONDS="+patience)
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
		})
	}
}
