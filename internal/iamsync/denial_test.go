package iamsync

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

const notAuthorized = "User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: iam:AttachRolePolicy on resource: role ray-head "

// TestDenialOf checks every form of a denial that AWS documents, and that a message in another
// form is an implicit denial.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
// Reference 6.10.
func TestDenialOf(t *testing.T) {
	for _, tt := range []struct {
		message string
		want    denial
	}{
		{"because no identity-based policy allows the iam:AttachRolePolicy action", denial{identityPolicy, false}},
		{"because no resource-based policy allows the iam:AttachRolePolicy action", denial{resourcePolicy, false}},
		{"because no permissions boundary allows the iam:AttachRolePolicy action", denial{boundaryPolicy, false}},
		{"because no session policy allows the iam:AttachRolePolicy action", denial{sessionPolicy, false}},
		{"because no service control policy allows the iam:AttachRolePolicy action", denial{servicePolicy, false}},
		{"because no resource control policy allows the iam:AttachRolePolicy action", denial{resourceControl, false}},
		{"because no VPC endpoint policy allows the iam:AttachRolePolicy action", denial{endpointPolicy, false}},
		{"with an explicit deny in an identity-based policy", denial{identityPolicy, true}},
		{"with an explicit deny in a resource-based policy", denial{resourcePolicy, true}},
		{"with an explicit deny in a permissions boundary", denial{boundaryPolicy, true}},
		{"with an explicit deny in a session policy", denial{sessionPolicy, true}},
		{"with an explicit deny in a service control policy", denial{servicePolicy, true}},
		{"with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1", denial{servicePolicy, true}},
		{"due to an explicit deny in a Service Control Policy", denial{servicePolicy, true}},
		{"with an explicit deny in a resource control policy", denial{resourceControl, true}},
		{"with an explicit deny in a VPC endpoint policy", denial{endpointPolicy, true}},
		{"because no role trust policy allows the sts:AssumeRole action", denial{"", false}},
		{"with an explicit deny in a declarative policy", denial{declarativePolicy, true}},
		{"with an explicit deny", denial{"", true}},
		{"", denial{"", false}},
		{"for a reason that nobody has documented", denial{"", false}},
	} {
		got, ok := denialOf(&smithy.GenericAPIError{Code: codeDenied, Message: notAuthorized + tt.message})
		if !ok || got != tt.want {
			t.Errorf("%q: %+v %v, want %+v", tt.message, got, ok, tt.want)
		}
	}
	if _, ok := denialOf(&smithy.GenericAPIError{Code: codeAbsent}); ok {
		t.Error("NoSuchEntity counts as a denial, want it not to")
	}
}

// TestDenialAdvice checks that the advice names the kind of policy, in a sentence of its own
// for each.
// Reference 6.10.
func TestDenialAdvice(t *testing.T) {
	seen := map[string]string{}
	for _, d := range []denial{{"", false}, {"", true}, {resourcePolicy, true}, {boundaryPolicy, true}, {sessionPolicy, true}, {servicePolicy, true}, {resourceControl, true}, {declarativePolicy, true}, {endpointPolicy, true}} {
		advice := denialAdvice(d)
		if d.policy != "" && !strings.Contains(strings.ToLower(advice), strings.ReplaceAll(d.policy, "vpc endpoint policy", "policy of a vpc endpoint")) {
			t.Errorf("%+v: the advice %q does not name the kind of policy", d, advice)
		}
		if other, ok := seen[advice]; ok {
			t.Errorf("%+v and %s have the same advice", d, other)
		}
		seen[advice] = fmt.Sprint(d)
	}
}

func denies(words string) reply {
	return func(string) (*http.Response, error) {
		return response(403, fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>%s%s</Message></Error></ErrorResponse>", notAuthorized, words)), nil
	}
}

func times(n int, first, then reply) []reply {
	var all []reply
	for range n {
		all = append(all, first)
	}
	return append(all, then)
}

// TestDenied checks which denied calls are retried, for how long, and what a denied call to a
// missing role becomes. The test has a clock of its own.
// Reference 6.10, 6.11.
func TestDenied(t *testing.T) {
	const implicit, explicit = "because no identity-based policy allows the action", "with an explicit deny in a service control policy"
	attach := rayiam.Step{Call: rayiam.AttachRolePolicy, Role: "ray-head", Policy: "p"}
	remove := rayiam.Step{Call: rayiam.RemoveRoleFromInstanceProfile, Role: "ray-head", InstanceProfile: "ray-head"}
	detach := rayiam.Step{Call: rayiam.DetachRolePolicy, Role: "ray-head", Policy: "p"}
	add := rayiam.Step{Call: rayiam.AddRoleToInstanceProfile, Role: "ray-head", InstanceProfile: "ray-head"}
	create := rayiam.Step{Call: rayiam.CreateRole, Role: "ray-head"}
	createProfile := rayiam.Step{Call: rayiam.CreateInstanceProfile, InstanceProfile: "ray-head"}
	tag := rayiam.Step{Call: rayiam.TagRole, Role: "ray-head"}
	bound := rayiam.Step{Call: rayiam.PutRolePermissionsBoundary, Role: "ray-head"}
	other := rayiam.Step{Call: rayiam.CreateRole, Role: "ray-worker"}
	there := func(action string) (*http.Response, error) { return result(action, "<Role></Role>"), nil }
	gone := fails(404, "NoSuchEntity")
	for name, tt := range map[string]struct {
		old     bool // whether the function has run for long
		phases  [][]rayiam.Step
		replies map[string][]reply
		want    string        // of the error; empty for none
		stale   bool          // the error
		at      time.Duration // the least time that it takes; until is the most
		until   time.Duration
	}{
		"the rights of a young function": {phases: [][]rayiam.Step{{attach}}, replies: map[string][]reply{"AttachRolePolicy": times(3, denies(implicit), succeed), "GetRole": {there}}, until: 10 * time.Second},
		"rights that never come":         {phases: [][]rayiam.Step{{attach}}, replies: map[string][]reply{"AttachRolePolicy": {denies(implicit)}, "GetRole": {there}}, want: "AccessDenied", at: 30 * time.Second, until: 36 * time.Second},
		"a creation that is denied":      {phases: [][]rayiam.Step{{create}}, replies: map[string][]reply{"CreateRole": times(2, denies(implicit), succeed)}, until: 10 * time.Second},
		"an explicit denial":             {phases: [][]rayiam.Step{{attach}}, replies: map[string][]reply{"AttachRolePolicy": {denies(explicit)}, "GetRole": {there}}, want: "service control policy", until: time.Second},
		"an old function, an old role":   {old: true, phases: [][]rayiam.Step{{attach}}, replies: map[string][]reply{"AttachRolePolicy": {denies(implicit)}, "GetRole": {there}}, want: "AccessDenied", until: time.Second},
		"a role made by this request":    {old: true, phases: [][]rayiam.Step{{create}, {attach}}, replies: map[string][]reply{"AttachRolePolicy": times(3, denies(implicit), succeed), "GetRole": {there}}, until: 10 * time.Second},
		"a role tagged by this request":  {old: true, phases: [][]rayiam.Step{{tag}, {attach}}, replies: map[string][]reply{"AttachRolePolicy": times(3, denies(implicit), succeed), "GetRole": {there}}, until: 10 * time.Second},
		"a role bounded by this request": {old: true, phases: [][]rayiam.Step{{bound}, {attach}}, replies: map[string][]reply{"AttachRolePolicy": times(3, denies(implicit), succeed), "GetRole": {there}}, until: 10 * time.Second},
		"another role is young":          {old: true, phases: [][]rayiam.Step{{other}, {attach}}, replies: map[string][]reply{"AttachRolePolicy": {denies(implicit)}, "GetRole": {there}}, want: "AccessDenied", until: time.Second},
		"a role made for an old profile": {old: true, phases: [][]rayiam.Step{{create}, {add}}, replies: map[string][]reply{"AddRoleToInstanceProfile": times(3, denies(implicit), succeed)}, until: 10 * time.Second},
		"a profile made for an old role": {old: true, phases: [][]rayiam.Step{{createProfile}, {add}}, replies: map[string][]reply{"AddRoleToInstanceProfile": times(3, denies(implicit), succeed)}, until: 10 * time.Second},
		"an old role, an old profile":    {old: true, phases: [][]rayiam.Step{{add}}, replies: map[string][]reply{"AddRoleToInstanceProfile": {denies(implicit)}}, want: "AccessDenied", until: time.Second},
		"adding a role that is gone":     {old: true, phases: [][]rayiam.Step{{add}}, replies: map[string][]reply{"AddRoleToInstanceProfile": {denies(implicit)}, "GetRole": {gone}}, want: "NoSuchEntity", stale: true, until: time.Second},
		"detaching from what is gone":    {old: true, phases: [][]rayiam.Step{{detach}}, replies: map[string][]reply{"DetachRolePolicy": {denies(implicit)}, "GetRole": {gone}}, until: time.Second},
		"emptying what is gone":          {old: true, phases: [][]rayiam.Step{{remove}}, replies: map[string][]reply{"RemoveRoleFromInstanceProfile": {denies(implicit)}, "GetInstanceProfile": {gone}}, until: time.Second},
		"attaching to what is gone":      {old: true, phases: [][]rayiam.Step{{attach}}, replies: map[string][]reply{"AttachRolePolicy": {denies(implicit)}, "GetRole": {gone}}, want: "NoSuchEntity", stale: true, until: time.Second},
		"an explicit denial of what is gone": {old: true, phases: [][]rayiam.Step{{detach}}, replies: map[string][]reply{"DetachRolePolicy": {denies(explicit)}, "GetRole": {gone}},
			want: "service control policy", until: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: tt.replies}
			patience := Patience{Time: DefaultPatience}
			if !tt.old {
				patience.Started = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the time at which a bubble begins
			}
			onWireWith(t, w, patience, nil, func(ctx context.Context, s *Sync) {
				start := time.Now()
				err := s.Apply(ctx, rayiam.Plan{Phases: tt.phases})
				took := time.Since(start)
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || took < tt.at || took > tt.until || Stale(err) != tt.stale {
					t.Errorf("got %v after %s, want %q between %s and %s", err, took, tt.want, tt.at, tt.until)
				}
			})
		})
	}
}

// TestDenied_Reads checks that a read of a young function is retried, and that denied writes
// to a role are retried if the role was observed to be young.
// Reference 6.10.
func TestDenied_Reads(t *testing.T) {
	date := func(age time.Duration) reply {
		return func(action string) (*http.Response, error) {
			created := time.Now().Add(-age).UTC().Format(time.RFC3339)
			return result(action, "<Role><RoleName>ray-head</RoleName><CreateDate>"+created+"</CreateDate></Role>"), nil
		}
	}
	for name, tt := range map[string]struct {
		started time.Duration // before the request began
		age     time.Duration // of the role
		reads   int           // number of reads that are denied
		ok      bool
	}{
		"a young function's read": {0, time.Hour, 3, true},
		"an old function's read":  {time.Hour, time.Hour, 3, false},
		"a young role's write":    {time.Hour, 20 * time.Second, 0, true},
		"an old role's write":     {time.Hour, time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{
				"GetRole":            times(tt.reads, denies(""), date(tt.age)),
				"DeleteRole":         times(2, denies(""), succeed),
				"GetInstanceProfile": {fails(404, "NoSuchEntity")},
			}}
			if tt.reads > 0 {
				delete(w.replies, "DeleteRole")
			}
			began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			onWireWith(t, w, Patience{Time: DefaultPatience, Started: began.Add(-tt.started)}, nil, func(ctx context.Context, s *Sync) {
				_, _, err := s.Observe(ctx, []rayiam.Lookup{{Name: "ray-head"}}, nil)
				if err == nil {
					err = s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{{Call: rayiam.DeleteRole, Role: "ray-head"}}}})
				}
				if (err == nil) != tt.ok {
					t.Errorf("got the error %v, want success: %v", err, tt.ok)
				}
			})
		})
	}
}

// TestFailures checks that calls which failed for the same reason share one sentence.
// Reference 6.12.
func TestFailures(t *testing.T) {
	silent := func(doing string) error {
		return &deadlineError{doing: doing, waited: 8 * time.Second, err: context.DeadlineExceeded}
	}
	denied := func(doing string) error {
		return &callError{doing: doing, err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}}
	}
	for _, tt := range []struct {
		errs failures
		want string
	}{
		{failures{silent("reading role a")}, "reading role a: IAM did not answer within 8s, before the deadline"},
		{failures{silent("reading role a"), silent("reading role b")}, "IAM did not answer within 8s, before the deadline: reading role a, reading role b"},
		{failures{silent("reading role a"), silent("reading role b"), silent("reading role c"), silent("reading role d"), silent("reading role e")}, "IAM did not answer within 8s, before the deadline: reading role a, reading role b, reading role c and 2 more"},
		{failures{denied("tagging role a"), silent("reading role b"), denied("tagging role c")}, "AccessDenied: no: tagging role a, tagging role c; reading role b: IAM did not answer within 8s, before the deadline (" + denialAdvice(denial{}) + ")"},
	} {
		if got := tt.errs.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
