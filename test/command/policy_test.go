package command

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

// A printedRole is the output of `rayiam policy --output json`.
type printedRole struct {
	Role              string
	TrustPolicy       json.RawMessage
	ManagedPolicyArns []string
	Policies          []struct {
		Name, Type string
		Document   json.RawMessage
	}
}

var everything = properties{
	"NamePrefix": "ml", "Path": "/team/", "PropagationWaitSeconds": "0", "WorkerGroups": []any{map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu", "ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
	"LeastPrivilege": map[string]any{"ClusterName": "research", "S3Buckets": []any{map[string]any{"Name": "research-results"}}, "CloudWatch": "true", "Spot": "true"},
}

// TestPolicy_IsWhatIsDeployed proves that the printed policies of head and workers are
// those that the function puts on their roles.
func TestPolicy_IsWhatIsDeployed(t *testing.T) {
	for name, p := range map[string]properties{"default policies": {"PropagationWaitSeconds": "0"}, "LeastPrivilege": everything} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.Running()
			create, _ := l.Stack().Create(p)
			l.OK(create)
			path := file(t, "p.json", encoded(t, p))
			roles := []string{l.ok(0, "", "policy", "head", "--properties", path, "--output", "json"), l.ok(0, "", "policy", "worker", "--properties", path, "--output", "json")}
			if name == "LeastPrivilege" {
				roles = append(roles, l.ok(0, "", "policy", "worker", "--group", "gpu", "--properties", path, "--output", "json"))
			}
			for _, text := range roles {
				var role printedRole
				decoded(t, text, &role)
				want := []string{"role " + role.Role + ": trusts " + recoded(t, role.TrustPolicy)}
				for _, arn := range role.ManagedPolicyArns {
					want = append(want, "role "+role.Role+": attached "+arn)
				}
				for _, policy := range role.Policies {
					want = append(want, "role "+role.Role+": inline "+policy.Name+" "+recoded(t, policy.Document))
				}
				got := l.Snapshot().Matching("role "+role.Role+": trusts", "role "+role.Role+": attached", "role "+role.Role+": inline")
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("the policies in IAM are\n%s\nthe printed ones\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

// recoded returns JSON in the form of an account's snapshot, with sorted keys.
func recoded(t *testing.T, document json.RawMessage) string {
	t.Helper()
	var v any
	decoded(t, string(document), &v)
	return encoded(t, v)
}

func canonical(t *testing.T, document json.RawMessage) string {
	t.Helper()
	text, err := policydoc.Canonical(string(document))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPolicy_OfTemplates proves that the printed policies of the execution role and the launch
// role are those of the templates, as the proofs about the templates read them.
func TestPolicy_OfTemplates(t *testing.T) {
	const bounds = "arn:aws:iam::aws:policy/Amazon*,arn:aws:iam::aws:policy/CloudWatch*"
	tests := []struct {
		name, command, file, role string
		parameters                map[string]string
		names                     []string
	}{
		{"with default parameters", "execution", "template.yaml", "ExecutionRole", nil, []string{"custom-rayiam", "custom-rayiam-lambda", "custom-rayiam-read-and-tag"}},
		{"within bounds", "execution", "template.yaml", "ExecutionRole", map[string]string{"NamePrefix": "ml", "Path": "/team/", "AllowedPolicyArns": bounds, "AllowAdoption": "true"}, []string{"custom-rayiam", "custom-rayiam-lambda", "custom-rayiam-read-and-tag"}},
		{"managed", "execution", "template.yaml", "ExecutionRole", map[string]string{"ExecutionPolicyType": "managed"}, []string{"ExecutionManagedPolicy", "LambdaManagedPolicy", "ReadAndTagManagedPolicy"}},
		{"the launch role", "launch-role", "examples/service-catalog.yaml", "LaunchRole", nil, []string{"launch"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			args := []string{"policy", tt.command, "--account", "123456789012", "--region", "us-east-1", "--output", "json"}
			for name, value := range tt.parameters {
				args = append(args, "--parameter", name+"="+value)
			}
			var role printedRole
			decoded(t, l.ok(0, "", args...), &role)
			var names []string
			got := map[string]string{}
			for _, p := range role.Policies {
				names = append(names, p.Name)
				got[p.Name] = canonical(t, p.Document)
			}
			if !slices.Equal(names, tt.names) {
				t.Errorf("the policies are named %v, want %v", names, tt.names)
			}
			if want := ofTemplate(t, tt.file, tt.parameters); !maps.Equal(got, want) {
				t.Errorf("the printed policies are %v\nthe template's are %v", got, want)
			}
			if len(l.Proxy.Calls()) != 0 {
				t.Errorf("the command has called AWS: %v", l.Proxy.Calls())
			}
		})
	}
}

// ofTemplate returns the documents of a template's IAM policies, computed with these
// parameters.
func ofTemplate(t *testing.T, path string, parameters map[string]string) map[string]string {
	t.Helper()
	read, err := template.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	stack := template.Stack{
		Parameters: parameters, Unknown: func(name string) string { return "${" + name + "}" },
		Pseudo: map[string]string{
			"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "AWS::StackName": "ray-iam", "AWS::URLSuffix": "amazonaws.com",
			"AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/ray-iam/00000000-0000-0000-0000-000000000000",
		},
	}
	documents := map[string]string{}
	var collect func(name string, v any)
	collect = func(name string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				collect(name, e)
			}
		case map[string]any:
			if own, ok := v["PolicyName"].(string); ok {
				name = own
			}
			if document, ok := v["PolicyDocument"]; ok {
				documents[name] = canonical(t, json.RawMessage(encoded(t, document)))
			}
			collect(name, v["Policies"])
		}
	}
	for id, resource := range read.Resources {
		if !strings.HasPrefix(resource.Type, "AWS::IAM::") {
			continue
		}
		chosen, err := read.Choose(stack)
		if err != nil {
			t.Fatal(err)
		}
		if _, there := chosen.Resources[id]; !there {
			continue
		}
		resolved, err := read.Resolve(stack, resource.Properties)
		if err != nil {
			t.Fatal(err)
		}
		collect(id, resolved)
	}
	return documents
}

// optionsOf returns a LeastPrivilege with the options that correspond to the launcher's
// parameters, and with options that concern only the workers.
func optionsOf(narrow map[string]string) map[string]any {
	options := map[string]any{"ClusterName": "research", "InstanceTypes": []any{"g5.xlarge"}, "Spot": "true"}
	for name, value := range narrow {
		var list []any
		for _, one := range strings.Split(value, ",") {
			list = append(list, one)
		}
		if options[name] = any(list); value == "true" {
			options[name] = value
		}
	}
	options["KmsKeyArns"] = []any{narrow["KmsKeyArns"], "arn:aws:kms:eu-west-1:123456789012:key/0b"}
	return options
}

// TestPolicy_Launcher proves that the printed policies of the launcher are those that
// examples/launcher.yaml makes for the same cluster, from parameters alone and from a set.
func TestPolicy_Launcher(t *testing.T) {
	const iam = "arn:aws:iam::123456789012:"
	cluster := map[string]string{"ClusterName": "research", "HeadRoleArn": iam + "role/team/ml-head", "HeadInstanceProfileArn": iam + "instance-profile/team/ml-head"}
	workers := map[string]string{"WorkerInstanceProfileArns": iam + "instance-profile/team/ml-cpu," + iam + "instance-profile/team/ml-gpu"}
	head := map[string]string{"InstanceTypes": "m6i.xlarge,m6i.2xlarge", "Spot": "true", "KeyNames": "*"}
	narrow := map[string]string{
		"CloudWatch": "true", "SessionManager": "true", "SubnetIds": "subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb", "SecurityGroupIds": "sg-0aaaaaaaaaaaaaaaa",
		"ImageIds": "ami-0aaaaaaaaaaaaaaaa", "InstanceTagKeys": "CostCenter,Owner", "KmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/0a",
	}
	set := properties{"NamePrefix": "ml", "Path": "/team/", "WorkerGroups": everything["WorkerGroups"]}
	full := set.With(properties{"LeastPrivilege": optionsOf(narrow)})
	tests := []struct {
		name  string
		set   properties          // nil for parameters alone
		given []map[string]string // to the command
		same  []map[string]string // to the template
	}{
		{"the required parameters", nil, []map[string]string{cluster}, []map[string]string{cluster}},
		{"every parameter", nil, []map[string]string{cluster, workers, narrow, head}, []map[string]string{cluster, workers, narrow, head}},
		{"a set with default policies", set, []map[string]string{{"ClusterName": "research"}}, []map[string]string{cluster, workers}},
		{"a set with every option", full, nil, []map[string]string{cluster, workers, narrow}},
		{"a set, and the parameters for its head's launch", full, []map[string]string{head}, []map[string]string{cluster, workers, narrow, head}},
		{"a set of several clusters", set.With(properties{"LeastPrivilege": map[string]any{"ClusterNamePrefix": "re"}}), []map[string]string{{"ClusterName": "research"}}, []map[string]string{cluster, workers}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			args := []string{"policy", "launcher", "--region", "us-east-1", "--output", "json"}
			if tt.set != nil {
				args = append(args, "--account", "123456789012", "--properties", file(t, "p.json", encoded(t, tt.set)))
			}
			for _, given := range tt.given {
				for name, value := range given {
					args = append(args, "--parameter", name+"="+value)
				}
			}
			var printed printedRole
			decoded(t, l.ok(0, "", args...), &printed)
			got, parameters := map[string]string{}, map[string]string{}
			for _, p := range printed.Policies {
				got[map[string]string{"ray-launcher": "LauncherPolicy", "ray-launcher-company": "CompanyPolicy"}[p.Name]] = canonical(t, p.Document)
			}
			for _, given := range tt.same {
				maps.Copy(parameters, given)
			}
			if want := ofTemplate(t, "examples/launcher.yaml", parameters); !maps.Equal(got, want) || len(got) == 0 {
				t.Errorf("the printed policies are %v\nthe template's are %v", got, want)
			}
			if len(l.Proxy.Calls()) != 0 {
				t.Errorf("the command has called AWS: %v", l.Proxy.Calls())
			}
		})
	}
}

// TestPolicy_LauncherOfStack proves that the launcher's policies can be computed from a
// deployed set, and checks the errors if they cannot.
func TestPolicy_LauncherOfStack(t *testing.T) {
	l := newLab(t)
	l.research(nil)
	stack := []string{"policy", "launcher", "--stack-name", "ray-research"}
	got := l.ok(0, "", append(stack, "--parameter", "PolicyName=ray-research-launcher")...)
	for _, want := range []string{"Customer managed policy ray-research-launcher:\n{", `"aws:RequestTag/ray-cluster-name": "research"`, "arn:aws:iam::123456789012:instance-profile/ray-research-gpu"} {
		if !strings.Contains(got, want) {
			t.Errorf("the output is\n%s\nwant %q in it", got, want)
		}
	}
	if got := l.ok(0, "", append(stack, "--name", "ray-launcher")...); !strings.HasPrefix(got, "{\n") {
		t.Errorf("--name prints %s, want one document", got)
	}
	l.fails("", []string{"--name", "there are ray-launcher"}, append(stack, "--name", "trust-policy")...)
	l.fails("", []string{"the set is for the cluster research"}, append(stack, "--parameter", "ClusterName=other")...)
	l.fails("", []string{"no such parameter, it has", "KmsKeyArns", "PolicyName"}, append(stack, "--parameter", "Subnets=x")...)
	l.fails("", []string{"Spot=yes: want true or false"}, append(stack, "--parameter", "Spot=yes")...)
	where := []string{"policy", "launcher", "--account", "123456789012", "--region", "us-east-1", "--properties", "-"}
	l.fails(`{}`, []string{"pass --parameter ClusterName=NAME"}, where...)
	l.fails(`{"LeastPrivilege": {"ClusterNamePrefix": "team-"}}`, []string{"whose names begin with team-"}, append(where, "--parameter", "ClusterName=other")...)
	if r := l.run("", append(stack, "--parameter", "SubnetIds=subnet-*,x")...); r.code != 1 || !strings.Contains(r.err, "SubnetIds: \"subnet-*\" is not a subnet id\nSubnetIds: \"x\" is not") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

// TestPolicy_Alone proves that --name prints one document and nothing else, and checks the
// error for an unknown name.
func TestPolicy_Alone(t *testing.T) {
	l := newLab(t)
	where := []string{"--account", "123456789012", "--region", "cn-north-1"}
	got := l.ok(0, "", append([]string{"policy", "head", "--name", "trust-policy"}, where...)...)
	if recoded(t, json.RawMessage(got)) != `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.cn"}}],"Version":"2012-10-17"}` {
		t.Errorf("the trust policy in China is %s", got)
	}
	if got := l.ok(0, "", append([]string{"policy", "execution"}, where...)...); !strings.Contains(got, "arn:aws-cn:iam::123456789012:role/ray*") || !strings.Contains(got, `"${LogGroup.Arn}"`) {
		t.Errorf("the execution role in China is %s", got)
	}
	l.fails("", []string{"trust-policy, ray-pass-role-policy"}, append([]string{"policy", "head", "--name", "x"}, where...)...)
	l.fails("", []string{"the worker groups are worker"}, append([]string{"policy", "worker", "--group", "x"}, where...)...)
	l.fails("", []string{"no parameter Prefix, it has", "NamePrefix"}, append([]string{"policy", "execution", "--parameter", "Prefix=x"}, where...)...)
	l.fails("", []string{"want Name=value"}, append([]string{"policy", "execution", "--parameter", "x"}, where...)...)
	l.fails(`{"Path": "x"}`, []string{"1 property refused: Path"}, append([]string{"policy", "head", "--properties", "-"}, where...)...)
}
