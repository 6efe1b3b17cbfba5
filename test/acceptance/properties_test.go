package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func statement(action string) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": action, "Resource": "*"}}}
}

func inline(name, action string) map[string]any {
	return map[string]any{"PolicyName": name, "PolicyDocument": statement(action)}
}

func asText(name, document string) map[string]any {
	return map[string]any{"PolicyName": name, "PolicyDocument": document}
}

// TestProperties_BadInputIsRefusedWithoutACall proves that a fault which shows in the
// properties alone is refused before the first call to IAM.
// Reference 2.3, 2.4, 2.5, 2.6, 12.1, 12.2.
func TestProperties_BadInputIsRefusedWithoutACall(t *testing.T) {
	l := newLab(t)
	head := func(name string, value any) map[string]any { return map[string]any{name: value} }
	bounded := func(policies ...any) properties {
		return properties{"PermissionsBoundary": awsPolicy + "ReadOnlyAccess", "Head": head("Policies", policies)}
	}
	long := fmt.Sprintf(`{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"%s"}}`, strings.Repeat("x", 5000))
	for _, tt := range []struct {
		name  string
		props properties
		want  []string
	}{
		{"unknown in a policy", properties{"Head": head("Policies", []any{map[string]any{"PolicyNam": "p", "PolicyName": "p", "PolicyDocument": statement("a:B")}})}, []string{"Head.Policies[0].PolicyNam", "PolicyName"}},
		{"unknown in a tag", properties{"Tags": []any{map[string]any{"Kye": "a", "Value": "b"}}}, []string{"Tags[0].Kye", "Key"}},
		{"unknown in the second group", properties{"WorkerGroups": []any{map[string]any{"Name": "a"}, map[string]any{"Nam": "b"}}}, []string{"WorkerGroups[1].Nam", "Name"}},
		{"groups in two cases", properties{"WorkerGroups": rig.Groups("gpu", "GPU")}, []string{"WorkerGroups[1].Name", `"GPU"`}},
		{"group without a name", properties{"WorkerGroups": rig.Groups("")}, []string{"WorkerGroups[0].Name"}},
		{"reserved tags in another case", properties{"Tags": tags("AWS:a", "", "Ray-IAM:x", "")}, []string{"Tags[0].Key", "Tags[1].Key", "2 properties"}},
		{"49 tags and two of ownership", properties{"Tags": manyTags(49)}, []string{"Tags", "50"}},
		{"a document of text that is no JSON", bounded(asText("p", "Version: 2012-10-17")), []string{"Head.Policies[0].PolicyDocument: ", "not JSON", "1 property"}},
		{"a document of text that breaks a rule", bounded(asText("p", `{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"*","Sid":"no blanks"}}`)), []string{"Head.Policies[0].PolicyDocument.Statement.Sid", `"no blanks"`, "1 property"}},
		{"a document of text that says two things", bounded(asText("p", `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)), []string{"Head.Policies[0].PolicyDocument: ", `"Statement" twice`}},
		{"documents of text that are too long together", bounded(asText("p", long), asText("q", long)), []string{"Head.Policies", "characters in all", "10240"}},
		{"a blank element of a list", properties{"Head": head("ManagedPolicyArns", []any{awsPolicy + "ReadOnlyAccess", ""}), "Tags": []any{""}}, []string{"Head.ManagedPolicyArns[1]", "AWS::NoValue", "Tags[0]", "2 properties"}},
		{"wait below", properties{"PropagationWaitSeconds": -1}, []string{"PropagationWaitSeconds", "-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.Proxy.Reset()
			s := l.Stack()
			l.Failed(s.Send(s.Event("Create", tt.props)), tt.want...)
			if calls := l.Proxy.Calls(); len(calls) != 0 {
				t.Errorf("%d calls to IAM, want none", len(calls))
			}
		})
	}
}

func manyTags(n int) []any {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint("k", i), "v")
	}
	return tags(list...)
}

// TestProperties_AtTheLimits proves that properties exactly at IAM's limits are accepted
// and applied. Each limit is tested by itself, because both together would exceed the 4096
// bytes of an answer.
// Reference 2.6.
func TestProperties_AtTheLimits(t *testing.T) {
	t.Parallel()
	long, path := strings.Repeat("x", 59), "/"+strings.Repeat("p", 510)+"/"
	for name, tt := range map[string]struct {
		props properties
		want  []string // ACCOUNT is replaced by the account's id
	}{
		"names": {
			properties{"NamePrefix": long, "WorkerGroups": rig.Groups("1234", "=")},
			[]string{"profile " + long + "-head: holds " + long + "-head", "profile " + long + "-1234: holds " + long + "-1234", "profile " + long + "-=: holds"},
		},
		"path": {properties{"Path": path}, []string{"role ray-head: arn:aws:iam::ACCOUNT:role" + path + "ray-head", "profile ray-worker: arn:aws:iam::ACCOUNT:instance-profile" + path + "ray-worker"}},
		"tags": {properties{"Tags": manyTags(48), "ServiceTimeout": 3600}, []string{"role ray-head: tag k47=v", "profile ray-worker: tag k47=v"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(quick.With(tt.props))
			for _, want := range tt.want {
				l.has(strings.ReplaceAll(want, "ACCOUNT", l.AccountID))
			}
			l.OK(s.Delete())
			l.unchanged(before, "Create and Delete")
		})
	}
}

// TestProperties_PoliciesComeOnTop proves that Policies does not change the default
// policies and the built-in inline policy.
// Reference 2.9.
func TestProperties_PoliciesComeOnTop(t *testing.T) {
	l := newLab(t)
	l.created(quick.With(properties{
		"NamePrefix": "ml", "PermissionsBoundary": l.CreatePolicy("boundary"),
		"Head":         map[string]any{"Policies": []any{inline("extra", "sqs:SendMessage")}},
		"WorkerGroups": []any{map[string]any{"Name": "worker", "Policies": []any{inline("extra", "sqs:ReceiveMessage")}}},
	}))
	l.has("role ml-head: inline ml-pass-role-policy", "role ml-head: inline extra", "role ml-head: attached "+awsPolicy+"AmazonSSMFullAccess",
		"role ml-worker: inline extra", "role ml-worker: attached "+awsPolicy+"AmazonS3FullAccess")
	defaults := rig.DefaultPolicies()
	want := len(defaults["ray-head"]) + len(defaults["ray-worker"])
	if got := len(l.Snapshot().Matching("role ml-head: attached", "role ml-worker: attached")); got != want {
		t.Errorf("%d managed policies, want the %d default ones", got, want)
	}
}

// TestProperties_InlinePoliciesChangeInPlace checks inline policies that are added,
// changed, renamed and removed, on the head and on a group. A policy whose name changes
// only in case is deleted before it is put again, because IAM would otherwise keep the old
// name.
// Reference 2.9, 5.4.
func TestProperties_InlinePoliciesChangeInPlace(t *testing.T) {
	t.Parallel()
	for name, after := range map[string][]any{
		"added":     {inline("a", "sqs:SendMessage"), inline("b", "sns:Publish")},
		"changed":   {inline("a", "sqs:ReceiveMessage")},
		"renamed":   {inline("z", "sqs:SendMessage")},
		"recased":   {inline("A", "sqs:SendMessage")},
		"removed":   {},
		"reordered": {map[string]any{"PolicyName": "a", "PolicyDocument": map[string]any{"Statement": statement("sqs:SendMessage")["Statement"].([]any)[0], "Version": "2012-10-17"}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			with := func(policies []any) properties {
				return quick.With(properties{
					"PermissionsBoundary": awsPolicy + "PowerUserAccess", "Head": map[string]any{"Policies": policies},
					"WorkerGroups": []any{map[string]any{"Name": "worker", "Policies": policies}},
				})
			}
			before := l.Snapshot()
			s := l.created(with([]any{inline("a", "sqs:SendMessage")}))
			l.Proxy.Reset()
			l.updated(s, with(after))
			if writes := l.Proxy.Writes(); name == "reordered" && len(writes) != 0 {
				t.Errorf("writes %v for an equivalent document, want none", writes)
			}
			if name == "recased" {
				l.inTurn("DeleteRolePolicy", "PutRolePolicy")
			}
			if name != "reordered" { // an equivalent document is not rewritten
				l.likeNew(s, with(after), before)
			}
		})
	}
}

// inTurn fails the test unless all calls of the first action had ended when the first call
// of the other one began.
func (l *lab) inTurn(first, then string) {
	l.TB.Helper()
	var ended, began time.Time
	for _, call := range l.Proxy.Calls() {
		switch {
		case call.Action == first:
			ended = call.End
		case call.Action == then && began.IsZero():
			began = call.Start
		}
	}
	if ended.IsZero() || !began.After(ended) {
		l.TB.Errorf("%s ended at %s and %s began at %s, want one after the other", first, ended, then, began)
	}
}

// TestProperties_DocumentAsText proves that a policy document as text and the same document
// as an object are equivalent: IAM gets the same document, white space does not count, and
// a change between the two forms, or between two spellings of the text, writes nothing.
// Reference 2.9.
func TestProperties_DocumentAsText(t *testing.T) {
	l := newLab(t)
	boundary := l.CreatePolicy("boundary")
	with := func(policy any) properties {
		return quick.With(properties{"PermissionsBoundary": boundary, "Head": map[string]any{"Policies": []any{policy}}})
	}
	const text = `{"Statement":[{"Resource":"*","Action":"sqs:SendMessage","Effect":"Allow"}],"Version":"2012-10-17"}`
	spread := strings.ReplaceAll(text, ",", ",\n"+strings.Repeat(" ", 5000)) // 25,000 blanks
	s := l.created(with(asText("extra", spread)))
	l.has(`role ray-head: inline extra ` + `{"Statement":[{"Action":"sqs:SendMessage","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`)
	before := l.Snapshot()
	l.Proxy.Reset()
	for _, policy := range []any{asText("extra", text), inline("extra", "sqs:SendMessage"), asText("extra", spread)} {
		l.updated(s, with(policy))
	}
	if writes := l.Proxy.Writes(); len(writes) != 0 {
		t.Errorf("writes %v for an equivalent document, want none", writes)
	}
	l.unchanged(before, "the same document in another form")
	l.updated(s, with(asText("extra", strings.ReplaceAll(text, "SendMessage", "ReceiveMessage"))))
	l.has("sqs:ReceiveMessage")
}

// TestProperties_OrderMeansNothing proves that the order of a list does not matter, except
// which worker group is the first.
// Reference 2.14.
func TestProperties_OrderMeansNothing(t *testing.T) {
	l := newLab(t)
	group := func(name string) map[string]any {
		return map[string]any{"Name": name, "ManagedPolicyArns": []any{awsPolicy + "ReadOnlyAccess", awsPolicy + "AmazonS3FullAccess"}}
	}
	s := l.created(quick.With(properties{"WorkerGroups": []any{group("a"), group("b")}, "Tags": tags("x", "1", "y", "2")}))
	l.Proxy.Reset()
	b, a := group("b"), group("a")
	slices.Reverse(b["ManagedPolicyArns"].([]any))
	update, _ := s.Update(quick.With(properties{"WorkerGroups": []any{b, a}, "Tags": tags("y", "2", "x", "1")}))
	l.OK(update)
	if got := update.Data["WorkerRoleName"]; got != "ray-b" {
		t.Errorf("WorkerRoleName is %q, want the name of the group that is now first", got)
	}
	if writes := l.Proxy.Writes(); slices.ContainsFunc(writes, func(w string) bool { return w != "PutRolePolicy" }) {
		t.Errorf("writes %v, want at most one, of the pass-role policy", writes)
	}
}

// TestUpdate_EverythingUnchangedWritesNothing proves that an Update that changes nothing
// writes nothing, with every property in use.
// Reference 5.1.
func TestUpdate_EverythingUnchangedWritesNothing(t *testing.T) {
	l := newLab(t)
	p := everything(l.CreatePolicy("boundary"))
	s := l.created(p)
	before := l.Snapshot()
	l.Proxy.Reset()
	l.updated(s, p)
	l.writesNothing("an update that changes nothing")
	l.unchanged(before, "an update that changes nothing")
}
