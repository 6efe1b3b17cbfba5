package command

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

var update = flag.Bool("update", false, "write the golden files anew")

// planned runs `rayiam plan` on an event and returns its plan and exit code.
func (l *lab) planned(e cloudformation.Event) (planview.View, int) {
	l.TB.Helper()
	r := l.run(string(e.JSON()), "plan", "--event", "-", "--bounds-from", "environment", "--output", "json")
	var printed struct{ Plans []planview.View }
	decoded(l.TB, r.out, &printed)
	return printed.Plans[0], r.code
}

// agree plans an event and sends it to the function. It proves that the function makes the
// calls of the plan and no others, or that both refuse the event with the same words.
func (l *lab) agree(s *cloudformation.Stack, e cloudformation.Event) cloudformation.Answer {
	l.TB.Helper()
	l.Proxy.Reset()
	view, code := l.planned(e)
	if writes := l.Proxy.Writes(); len(writes) > 0 {
		l.TB.Errorf("the plan has written: %v", writes)
	}
	l.Proxy.Reset()
	answer := s.Send(e)
	if answer.OK() != view.Possible() || view.Possible() == (code == 1) {
		l.TB.Fatalf("the plan is possible: %v (exit code %d), and the answer is %+v", view.Possible(), code, answer)
	}
	for _, r := range view.Refused {
		for _, part := range []string{r.Path, r.Value, r.Rule} {
			l.inReason(answer, part)
		}
	}
	for _, o := range view.InTheWay {
		l.inReason(answer, o.Sentence())
	}
	if !answer.OK() {
		return answer
	}
	l.wrote(view.Calls)
	if wantCode := map[bool]int{true: 0, false: 2}[len(view.Calls) == 0]; code != wantCode {
		l.TB.Errorf("exit code %d, want %d", code, wantCode)
	}
	if e.RequestType != "Delete" && answer.PhysicalResourceID != view.PhysicalID {
		l.TB.Errorf("the physical id is %s, planned %s", answer.PhysicalResourceID, view.PhysicalID)
	}
	return answer
}

func (l *lab) inReason(a cloudformation.Answer, part string) {
	l.TB.Helper()
	if !strings.Contains(a.Reason, part) && len(a.Reason) < 3500 { // a longer Reason is cut
		l.TB.Errorf("the Reason does not say %q: %s", part, a.Reason)
	}
}

// cases returns the cases of the tests of the properties.
func cases(t *testing.T) []struct {
	Name       string
	Properties properties
} {
	t.Helper()
	text := checkout.Text(t, "internal/properties/testdata/cases.golden.json")
	var list []struct {
		Name       string
		Properties properties
	}
	decoded(t, text, &list)
	if len(list) < 80 {
		t.Fatalf("found %d cases, want more", len(list))
	}
	return list
}

// TestPlan_AgreesOnProperties proves, for all cases of the tests of the properties, that
// the plan refuses what the function refuses, and otherwise has exactly the calls that the
// function makes.
// Reference 2.3, 5.4.
func TestPlan_AgreesOnProperties(t *testing.T) {
	l := newLab(t)
	l.Running()
	accepted := 0
	for _, tt := range cases(t) {
		s := l.Stack()
		p := properties{}.With(tt.Properties)
		if _, given := p["PropagationWaitSeconds"]; !given {
			p["PropagationWaitSeconds"] = 0
		}
		answer := l.agree(s, s.Event("Create", p))
		if answer.OK() {
			accepted++
		}
		if t.Failed() {
			t.Fatalf("the case %q failed", tt.Name)
		}
		l.Wipe()
	}
	if accepted < 5 {
		t.Errorf("%d cases are accepted, want more", accepted)
	}
}

// TestPlan_AgreesOnEvents proves the same for this repository's events, each in the state
// that it expects.
func TestPlan_AgreesOnEvents(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(checkout.Root(), "events", "*.json"))
	if err != nil || len(files) < 12 {
		t.Fatalf("found %d events (error: %v), want more", len(files), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var e cloudformation.Event
			decoded(t, strings.ReplaceAll(string(text), "123456789012", l.AccountID), &e)
			l.Running()
			if e.RequestType != "Create" {
				id := l.prepare(e)
				if name != "delete-unknown-id" {
					e.PhysicalResourceID = id // the id depends on the account, which is another one here
				}
			}
			e.ResponseURL = l.URLs.URL(0)
			l.golden(name, l.run(string(e.JSON()), "plan", "--event", "-", "--bounds-from", "environment").out)
			l.agree(l.Stack(), e)
		})
	}
}

// prepare makes the state that an event expects, and returns the physical id.
func (l *lab) prepare(e cloudformation.Event) string {
	l.TB.Helper()
	if e.RequestType == "Update" {
		e.ResourceProperties = e.OldResourceProperties
	}
	e.RequestType, e.PhysicalResourceID, e.OldResourceProperties = "Create", "", nil
	e.ResponseURL = l.URLs.URL(0)
	answer := l.Stack().Send(e)
	l.OK(answer)
	return answer.PhysicalResourceID
}

// golden compares a text with a golden file.
func (l *lab) golden(name, got string) {
	l.TB.Helper()
	got = l.anonymous(got)
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			l.TB.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		l.TB.Errorf("printed is not what %s has (write it anew with -update) %v\n%s", path, err, got)
	}
}

// event returns one of this repository's events, with the lab's account.
func (l *lab) event(name string) cloudformation.Event {
	l.TB.Helper()
	text, err := os.ReadFile(filepath.Join(checkout.Root(), "events", name+".json"))
	if err != nil {
		l.TB.Fatal(err)
	}
	var e cloudformation.Event
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "123456789012", l.AccountID)), &e); err != nil {
		l.TB.Fatal(err)
	}
	e.ResponseURL = l.URLs.URL(0)
	return e
}

// TestPlan_WhatIsThere checks the plan in a state that somebody has made or changed by
// hand: what is in the way, adopted, released or repaired.
func TestPlan_WhatIsThere(t *testing.T) {
	adopt := func(e *cloudformation.Event) { e.ResourceProperties["AdoptExisting"] = "true" }
	tests := []struct {
		name, event string
		set         func(*lab) (physicalID string) // empty: the event's own id
		change      func(*cloudformation.Event)
	}{
		{"in-the-way", "create", (*lab).byHand, func(*cloudformation.Event) {}},
		{"adopted", "create", (*lab).byHand, adopt},
		{"refused", "create", func(*lab) string { return "" }, func(e *cloudformation.Event) {
			e.ResourceProperties["Namprefix"], e.ResourceProperties["Path"] = "x", "y"
		}},
		{"drifted", "update-no-change", func(l *lab) string {
			id := l.prepare(l.event("update-no-change"))
			l.PutInline("ray-head", "ray-pass-role-policy")
			l.PutInline("ray-worker", "by-hand")
			l.RemoveRole("ray-worker", "ray-worker")
			l.DetachPolicy("ray-worker", "arn:aws:iam::aws:policy/AmazonFSxFullAccess")
			return id
		}, func(*cloudformation.Event) {}},
		{"released", "delete", func(l *lab) string {
			l.byHand()
			e := l.event("create")
			adopt(&e)
			return l.prepare(e)
		}, func(*cloudformation.Event) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			l.Running()
			e := l.event(tt.event)
			if id := tt.set(l); id != "" {
				e.PhysicalResourceID = id
			}
			tt.change(&e)
			l.golden(tt.name, l.run(string(e.JSON()), "plan", "--event", "-", "--bounds-from", "environment").out)
			l.agree(l.Stack(), e)
		})
	}
}

func (l *lab) byHand() string { l.CreateSet(); return "" }

// TestPlan_InUse proves that the plan of a Delete says that instances use the profiles, as
// the function's Reason does.
func TestPlan_InUse(t *testing.T) {
	l := newLab(t)
	l.Running()
	s := l.Stack()
	p := properties{"PropagationWaitSeconds": "0"}
	create, _ := s.Create(p)
	l.OK(create)
	l.Launch("us-east-1", "ray-head", "research", 1)
	if answer := l.agree(s, s.Event("Delete", p)); answer.OK() || !strings.Contains(answer.Reason, "1 EC2 instance uses what would be deleted") {
		t.Errorf("the function's answer is %+v, want a refusal", answer)
	}
	if view, _ := l.planned(s.Event("Delete", p)); len(view.InTheWay) != 1 || view.InTheWay[0].Entity != "EC2" {
		t.Errorf("the plan has the instances %+v in the way, want the one that runs", view.InTheWay)
	}
}
