package model

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// A judge makes a testing.TB of a rapid.T.
type judge struct {
	testing.TB
	r *rapid.T
}

func (j judge) Helper()                           { j.r.Helper() }
func (j judge) Log(args ...any)                   { j.r.Log(args...) }
func (j judge) Logf(format string, args ...any)   { j.r.Logf(format, args...) }
func (j judge) Error(args ...any)                 { j.r.Error(args...) }
func (j judge) Errorf(format string, args ...any) { j.r.Errorf(format, args...) }
func (j judge) Fatal(args ...any)                 { j.r.Fatal(args...) }
func (j judge) Fatalf(format string, args ...any) { j.r.Fatalf(format, args...) }

// A world is a rig with several stacks in its account. It is used for one run after
// another.
type world struct {
	*rig.Rig
	tally *tally

	model     account // the account as it should be
	resources []*resource
	ids       map[string]string // the physical id of each resource, by resource and prefix
	policies  rig.Snapshot
	running   map[string][]string // ids of instances, by the ARN of their profile
	planner   *provider.Provider
}

// A resource is the only Custom::RayIAM of one stack.
type resource struct {
	stack, logical string

	id    string // empty while it does not exist
	props properties
}

func (r *resource) String() string {
	_, name, _ := strings.Cut(r.stack, ":stack/")
	name, _, _ = strings.Cut(name, "/")
	return name + "." + r.logical
}

const timeout = 60 * time.Second

func newWorld(t *testing.T, tally *tally) *world {
	w := &world{Rig: rig.New(t), tally: tally, ids: map[string]string{}, running: map[string][]string{}}
	for _, r := range []resource{{stack: "a", logical: "RayIAM"}, {stack: "a", logical: "Second"}, {stack: "b", logical: "RayIAM"}, {stack: "c", logical: "RayIAM"}} {
		r.stack = "arn:aws:cloudformation:us-east-1:" + w.AccountID + ":stack/" + r.stack + "/11111111-2222-4333-8444-555555555555"
		w.resources = append(w.resources, &r)
	}
	w.planner = newPlanner(w)
	return w
}

// seen returns the account as it is.
func (w *world) seen() account { return read(w.Roles()) }

// check proves that the account is as the model says.
func (w *world) check(what string) {
	if d := diff(w.model, w.seen()); d != "" {
		w.TB.Fatalf("%s: the account is not as the model says:\n%s", what, d)
	}
}

// event returns a request for a resource. The event has no physical id if id is empty.
func (w *world) event(r *resource, request, id string, props, old properties) cloudformation.Event {
	s := w.stack(r)
	s.PhysicalID, s.Properties = id, old
	return s.Event(request, props)
}

func (w *world) stack(r *resource) *cloudformation.Stack {
	s := w.Stack()
	s.ID, s.LogicalID = r.stack, r.logical
	return s
}

// Delivered is the result of one event.
type delivered struct {
	answer   cloudformation.Answer
	answered bool
	died     bool // a process was killed during the invocation
	hits     []string
}

// deliver sends an event under a fault, as Lambda does: if the invocation fails, the event
// is sent again to a new process, for a number of attempts. It proves that the event is
// answered once, unless the last process was killed, and that CloudFormation accepts the
// answer.
func (w *world) deliver(r *resource, e cloudformation.Event, f fault, attempts int) delivered {
	var h hits
	w.Proxy.Reset()
	w.Proxy.SetFault(f.proxy(&h, func() { w.Function.Kill() }))
	defer w.Proxy.SetFault(nil)
	w.Resources.Set(r.stack, r.logical, strings.ToUpper(e.RequestType)+"_IN_PROGRESS", e.PhysicalResourceID)
	w.tally.add("events", e.RequestType)
	planned := w.forecast(e, f)
	var (
		outcome lambdaruntime.Outcome
		died    bool
	)
	for range attempts {
		if outcome = w.Running().Invoke(e.JSON(), timeout); outcome.OK() {
			break
		}
		if outcome.Died {
			died = true
			w.Stop()
		}
	}
	d := delivered{hits: h.list(), died: died}
	if len(d.hits) > 0 {
		w.tally.add("faults", f.Kind)
	}
	answers := w.stack(r).Answers(e)
	switch {
	case outcome.OK() && len(answers) == 1:
		w.tally.add("answers", answers[0].Status)
		d.answer, d.answered = answers[0], true
		w.carriedOut(e.RequestType+" of "+r.String(), planned, d.answer)
	case outcome.Died && len(answers) == 0 && f.killed() && attempts == 1 && len(d.hits) > 0:
		w.tally.add("answers", "none, killed")
	default:
		w.TB.Fatalf("%s: %d answers, and the invocation ended with %+v", e.RequestType, len(answers), outcome)
	}
	return d
}

// id returns the physical id of a resource under a prefix, which it reads in the answer to
// a Create that is refused before any write.
func (w *world) id(r *resource, prefix string) string {
	key := r.stack + r.logical + prefix
	if id, known := w.ids[key]; known {
		return id
	}
	e := w.event(r, "Create", "", properties{"NamePrefix": prefix, "PropagationWaitSeconds": -1}, nil)
	answer := w.deliver(r, e, fault{}, 1).answer
	if answer.OK() || !physicalID.MatchString(answer.PhysicalResourceID) || !strings.HasPrefix(answer.PhysicalResourceID, prefix+"-") {
		w.TB.Fatalf("a Create to be refused is answered with %s of %q", answer.Status, answer.PhysicalResourceID)
	}
	for other, id := range w.ids {
		if id == answer.PhysicalResourceID {
			w.TB.Fatalf("%s and %s have one physical id, %s", key, other, id)
		}
	}
	w.ids[key] = answer.PhysicalResourceID
	return answer.PhysicalResourceID
}
