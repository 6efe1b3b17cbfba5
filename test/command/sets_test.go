package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// A printedSet is a set in the JSON output of `rayiam list`, `rayiam drift` and `rayiam
// orphans`.
type printedSet struct {
	Owner, StackID, Belongs, Reason, State, Failed string
	Deleted                                        bool
	Entities                                       []struct {
		Kind, Name, State string
		Differs           []string
	}
	Plan *struct{ Calls [][]string }
}

// quick are the properties of sets without a propagation wait.
var quick = properties{"PropagationWaitSeconds": "0"}

// deployed returns a stack whose resource was created, with CloudFormation's status.
func (l *lab) deployed(p properties) *cloudformation.Stack {
	l.TB.Helper()
	l.Running()
	return l.deployedIn(l.Stack(), p)
}

func (l *lab) deployedIn(s *cloudformation.Stack, p properties) *cloudformation.Stack {
	l.TB.Helper()
	create, _ := s.Create(quick.With(p))
	l.OK(create)
	l.stands(s, "CREATE_COMPLETE")
	return s
}

// stands sets the status of a stack's resource.
func (l *lab) stands(s *cloudformation.Stack, status string) {
	l.Resources.Set(s.ID, s.LogicalID, status, s.PhysicalID)
}

// orphan deletes the stack and leaves its set.
func (l *lab) orphan(s *cloudformation.Stack) { l.Resources.Forget(s.ID, s.LogicalID) }

// sets runs a command with JSON output, expects an exit code, and returns the sets.
func (l *lab) sets(code int, args ...string) []printedSet {
	l.TB.Helper()
	r := l.run("", append(args, "--output", "json")...)
	if r.code != code {
		l.TB.Fatalf("rayiam %v: exit code %d, want %d\n%s%s", args, r.code, code, r.out, r.err)
	}
	var printed struct{ Sets []printedSet }
	decoded(l.TB, r.out, &printed)
	return printed.Sets
}

// lineOf returns the line of a text that begins with a word, with one space between its
// columns.
func lineOf(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, word) {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return ""
}

// TestList checks the output for an account without sets, and for one set with each of
// CloudFormation's answers.
// Reference 16.1, 16.3, 16.8.
func TestList(t *testing.T) {
	l := newLab(t)
	if got := l.ok(0, "", "list"); got != "There are no sets.\n" {
		t.Errorf("list prints for an empty account %q, want that there is no set", got)
	}
	if sets := l.sets(0, "list"); sets == nil || len(sets) != 0 {
		t.Errorf("list prints for an empty account the sets %v, want none", sets)
	}
	s := l.deployed(nil)
	for _, tt := range []struct {
		name, want string
		now        func()
		code       int
	}{
		{"settled", "settled in stack 0 min STACK (us-east-1)", func() {}, 0},
		{"being updated", "settled in flight 0 min STACK (us-east-1)", func() { l.stands(s, "UPDATE_IN_PROGRESS") }, 0},
		{"changed while it is updated", "drifted in flight 0 min STACK (us-east-1)", func() { l.PutInline("ray-head", "by-hand") }, 0},
		{"changed by hand", "drifted in stack 0 min STACK (us-east-1)", func() { l.stands(s, "UPDATE_COMPLETE") }, 2},
		{"retained", "settled orphaned: not in stack 0 min STACK (us-east-1)", func() {
			l.DeleteInline("ray-head", "by-hand")
			l.Described.AddStack(cloudformation.DescribedStack{Name: "ray", ID: s.ID})
			l.stands(s, "DELETE_SKIPPED")
		}, 2},
	} {
		tt.now()
		l.Proxy.Reset()
		want := s.PhysicalID + " " + strings.ReplaceAll(tt.want, "STACK", stackName(s))
		if got := lineOf(l.ok(tt.code, "", "list"), s.PhysicalID); got != want {
			t.Errorf("%s: the line is %s, want %s", tt.name, got, want)
		}
		if writes := l.Proxy.Writes(); len(writes) > 0 {
			t.Errorf("%s: list has written %v, want no write", tt.name, writes)
		}
	}
	if got := l.ok(0, "", "list", "--name-prefix", "other"); got != "There are no sets.\n" {
		t.Errorf("with another prefix, list prints %s, want no set", got)
	}
}

// TestList_StackGone proves that list tells a deleted stack from one that does not own the
// set any more, and that a note says if CloudFormation could not be asked.
// Reference 16.1, 16.8.
func TestList_StackGone(t *testing.T) {
	l := newLab(t)
	s := l.deployed(nil)
	l.orphan(s)
	if got := l.ok(2, "", "list"); !strings.Contains(lineOf(got, s.PhysicalID), "settled orphaned: stack gone") {
		t.Errorf("list prints %s, want that the stack of %s is gone", got, s.PhysicalID)
	}
	sets := l.sets(2, "list")
	if len(sets) != 1 || sets[0].Owner != s.PhysicalID || sets[0].StackID != s.ID || sets[0].Belongs != "orphaned" || sets[0].Reason != "the stack does not exist any more" || len(sets[0].Entities) != 4 {
		t.Errorf("the sets are %+v", sets)
	}
	l.Env = []string{"AWS_ENDPOINT_URL_CLOUDFORMATION=http://127.0.0.1:1"}
	r := l.run("", "list")
	if r.code != 0 || !strings.Contains(r.out, "unasked") || !strings.Contains(r.err, "note: it cannot be told whether a stack still has "+s.PhysicalID) {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	l.fails2(t, []string{"cannot tell of any set"}, "orphans")
}

// fails2 runs a command that prints notes and then fails.
func (l *lab) fails2(t *testing.T, words []string, args ...string) {
	t.Helper()
	r := l.run("", args...)
	for _, word := range words {
		if r.code != 1 || !strings.Contains(r.err, word) {
			t.Errorf("rayiam %v: exit code %d, want 1 and %q\n%s%s", args, r.code, word, r.out, r.err)
		}
	}
}

// TestDrift proves that each change by hand is printed, with its facet and in words, until
// an Update repairs it.
// Reference 16.2, 16.3.
func TestDrift(t *testing.T) {
	l := newLab(t)
	s := l.deployed(properties{"WorkerGroups": []any{map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu"}}})
	if got := l.ok(0, "", "drift"); got != "No drift in 1 set.\n" {
		t.Errorf("drift prints %s, want no drift", got)
	}
	if got := l.ok(0, "", "drift", s.PhysicalID); !strings.HasPrefix(got, s.PhysicalID+" of stack "+stackName(s)+" (us-east-1): settled\n") {
		t.Errorf("drift of one set prints %s, want it settled", got)
	}
	l.SetTrust("ray-head", "lambda.amazonaws.com")
	l.PutBoundary("ray-head", "arn:aws:iam::aws:policy/ReadOnlyAccess")
	l.DetachPolicy("ray-head", "arn:aws:iam::aws:policy/AmazonS3FullAccess")
	l.PutInline("ray-cpu", "by-hand")
	l.TagRole("ray-cpu", "by", "hand")
	l.RemoveRole("ray-cpu", "ray-cpu")
	l.UntagRole("ray-gpu", "ray-iam:owner")
	l.DeleteProfile("ray-gpu")
	l.Proxy.Reset()
	got := l.ok(2, "", "drift")
	for _, want := range []string{
		"~ role ray-head\n    trust: the trust policy differs\n    boundary: the permissions boundary differs\n    managed: other managed policies are attached\n",
		"~ role ray-cpu\n    inline: the inline policies differ\n    tags: the tags differ\n",
		"~ instance profile ray-cpu\n    profile: it contains another role, or none\n",
		"~ role ray-gpu\n    owner: it is declared, and has not the set's tag ray-iam:owner\n",
		"~ instance profile ray-gpu\n    missing: it is declared, and does not exist\n",
		"\nDrift in 1 of 1 set.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("drift prints\n%s\nwant %q in it", got, want)
		}
	}
	if writes := l.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("drift has written %v, want no write", writes)
	}
	for _, set := range l.sets(2, "drift", s.PhysicalID) {
		if set.State != "drifted" || len(set.Entities) != 6 || !slices.Equal(set.Entities[4].Differs, []string{"trust", "boundary", "managed"}) {
			t.Errorf("the set is %+v", set)
		}
	}
	l.TagRole("ray-gpu", "ray-iam:owner", s.PhysicalID)
	update, _ := s.Update(quick.With(properties{"Revision": "2", "WorkerGroups": []any{map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu"}}}))
	l.OK(update)
	l.ok(0, "", "drift")
	l.UntagRole("ray-head", "ray-iam:declared")
	if got := l.ok(0, "", "drift"); !strings.Contains(got, "? role ray-head: what was declared of it is unknown until the next update\n") {
		t.Errorf("drift prints %s, want that the declared state of ray-head is unknown", got)
	}
}

// TestDrift_Nobody checks the error for an unknown owner.
func TestDrift_Nobody(t *testing.T) {
	l := newLab(t)
	for _, command := range []string{"drift", "orphans"} {
		l.fails("", []string{"no role or instance profile of this account has the tag ray-iam:owner=ray-0123456789ab"}, command, "ray-0123456789ab")
		l.fails("", []string{`"ray-head" is no physical id`}, command, "ray-head")
	}
}

// stackName is the name of a stack.
func stackName(s *cloudformation.Stack) string { return strings.Split(s.ID, "/")[1] }
