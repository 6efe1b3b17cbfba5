package drift

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// event returns the event by which an EventBridge rule makes the function look.
func event(at time.Time) []byte {
	return []byte(fmt.Sprintf(`{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":%q,"region":"us-east-1","resources":["arn:aws:events:us-east-1:123456789012:rule/ray-iam-DriftRule"],"detail":{}}`, at.UTC().Format(time.RFC3339)))
}

// scheduled makes a process of the function look once, and returns its log and its metrics.
func (l *lab) scheduled(env ...string) (log, metrics []map[string]any) {
	l.TB.Helper()
	f := l.Start(append([]string{"RAYIAM_NAME_PREFIX=ray", "RAYIAM_DRIFT_SCHEDULE=rate(1 day)", "RAYIAM_DRIFT_CALLS_PER_SECOND=200"}, env...)...)
	if outcome := f.Invoke(event(time.Now()), cloudformation.DefaultTimeout); !outcome.OK() {
		l.TB.Errorf("the look ended with %+v: Lambda would run it again, and then send it to the failure queue", outcome)
	}
	f.Stop()
	return rig.LogLines(l.TB, f.Log()), rig.LogLines(l.TB, f.Output())
}

// said returns the log lines with this message, as the values of these fields, sorted.
func said(log []map[string]any, message string, members ...string) (found []string) {
	for _, l := range log {
		if l["msg"] != message {
			continue
		}
		var values []string
		for _, member := range members {
			values = append(values, fmt.Sprint(l[member]))
		}
		found = append(found, strings.Join(values, " "))
	}
	slices.Sort(found)
	return found
}

// TestFunction_Looks checks the log and the metrics of a scheduled look, and that the look
// writes nothing and sends no answer.
// Reference 15.8.
func TestFunction_Looks(t *testing.T) {
	l := newLab(t)
	drifted, orphaned, old := l.created(nil), l.created(properties{"NamePrefix": "ray-b"}), l.created(properties{"NamePrefix": "ray-c"})
	l.AttachPolicy("ray-worker", awsPolicy+"AdministratorAccess")
	l.RemoveRole("ray-head", "ray-head")
	l.Resources.Forget(orphaned.ID, orphaned.LogicalID)
	l.UntagRole("ray-c-head", rayiam.DeclaredTag)
	before, answers := l.Snapshot(), l.URLs.AllPuts()
	if answers != 3 {
		t.Errorf("%d answers so far, want one to each Create", answers)
	}
	l.Proxy.Reset()
	log, metrics := l.scheduled()
	for what, want := range map[string][]string{
		"drifted owner kind name facet":                                 {drifted.PhysicalID + " instance profile ray-head profile", drifted.PhysicalID + " role ray-worker managed"},
		"orphaned owner stack":                                          {orphaned.PhysicalID + " " + orphaned.ID},
		"unknown owner kind name":                                       {old.PhysicalID + " role ray-c-head"},
		"looked sets drifted orphaned unknown parts namesLeftOut level": {"3 1 1 1 1 0 INFO"},
	} {
		words := strings.Fields(what)
		if got := said(log, words[0], words[1:]...); !slices.Equal(got, want) {
			t.Errorf("the log's lines %q are %v, want %v", what, got, want)
		}
	}
	want := []string{"instance profile 6 1 2 0", "role 6 1 2 1", "set 3 1 1 1"}
	if got := said(slices.DeleteFunc(slices.Clone(metrics), func(l map[string]any) bool { return l["Kind"] == nil }), "metrics", "Kind", "Looked", "Drifted", "Orphaned", "Unknown"); !slices.Equal(got, want) {
		t.Errorf("the metrics of sets are %v, want %v", got, want)
	}
	if got := said(metrics, "metrics", "Outcome", "Looks"); !slices.Contains(got, "SUCCESS 1") {
		t.Errorf("the metrics of looks are %v, want one look that succeeded", got)
	}
	if writes := l.Proxy.Writes(); len(writes) > 0 || l.URLs.AllPuts() != answers {
		t.Errorf("the look has written %v, want no write", writes)
	}
	if got := strings.Join(l.Snapshot(), "\n"); got != strings.Join(before, "\n") {
		t.Error("the look has changed something")
	}
}

// TestFunction_LookFails proves that a look that is denied, or not answered in time, is
// logged and counted as a failed look, and not as a failed request.
// Reference 15.8.
func TestFunction_LookFails(t *testing.T) {
	l := newLab(t)
	l.created(nil)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("ListRoles"), iamproxy.Denied()))
	log, metrics := l.scheduled()
	if got := said(log, "look failed", "level"); !slices.Equal(got, []string{"ERROR"}) {
		t.Errorf("the log says %v, want one failed look", got)
	}
	if got := said(metrics, "metrics", "Outcome", "Looks", "Requests"); !slices.Contains(got, "FAILED 1 <nil>") {
		t.Errorf("the metrics of looks are %v, want one look that failed", got)
	}
}

// TestLook_Killed proves, for a Create and an Update that are killed at each of their
// writes, that a look finds a set settled only if it is in the state before or after the
// request.
// Reference 15.4.
func TestLook_Killed(t *testing.T) {
	t.Parallel()
	changed := quick.With(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}, "PermissionsBoundary": awsPolicy + "PowerUserAccess", "Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "ReadOnlyAccess"}}})
	for _, requestType := range []string{"Create", "Update"} {
		t.Run(requestType, func(t *testing.T) {
			l := newLab(t)
			writes, left := 1, map[string]int{}
			for n := 1; n <= writes; n++ {
				s := l.Stack()
				if requestType == "Update" {
					s = l.created(nil)
				}
				before := l.Roles()
				e := s.Event(requestType, changed)
				nth := 0
				l.Killed(e, func(c iamproxy.Call) bool {
					if c.Writes() {
						nth++
					}
					return c.Writes() && nth == n
				}, n%2 == 0)
				l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID) // CloudFormation is not working on it, as after a timeout
				now, settled := l.Roles(), true
				for _, set := range l.sees(l.look()) {
					left[string(set.State())]++
					settled = settled && set.State() == drift.Settled
				}
				s.Use(l.Running())
				l.Proxy.Reset()
				l.OK(s.Send(e))
				if settled && !l.untouchedOrDone(before, now, l.Roles()) {
					t.Errorf("killed at write %d, the set is settled, want drifted or unknown:\n%s", n, now)
				}
				l.allSettled(n)
				if n == 1 {
					writes = len(l.Proxy.Writes()) + 1
				}
				l.Wipe()
				l.Resources.Forget(s.ID, s.LogicalID)
			}
			t.Logf("killed at %d writes, left %v", writes, left)
			if left["drifted"] == 0 {
				t.Error("no killed request has left drift, want some")
			}
		})
	}
}

// allSettled proves that every set is settled after the retry of a request that was killed
// at its nth write.
func (l *lab) allSettled(nth int) {
	l.TB.Helper()
	for _, set := range l.sees(l.look()) {
		if set.State() != drift.Settled {
			l.TB.Errorf("after the retry of write %d: %s", nth, summary(set))
		}
	}
}

// untouchedOrDone reports whether each role and instance profile is in the state before or
// in the state after.
func (l *lab) untouchedOrDone(before, now, after []string) bool {
	of := func(snapshot []string) map[string]string {
		m := map[string]string{}
		for _, line := range snapshot {
			entity, fact, _ := strings.Cut(line, ": ")
			m[entity] += fact + "\n"
		}
		return m
	}
	b, n, a := of(before), of(now), of(after)
	for entity, facts := range n {
		if facts != b[entity] && facts != a[entity] {
			return false
		}
	}
	return true
}
