package cloudformation

import (
	"strings"
	"testing"
)

func does(what string) Properties { return Properties{"Do": what} }

// TestSequences checks the events of each sequence and their order: request type, physical
// id, properties and old properties.
func TestSequences(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Stack)
		want []string
	}{
		{"create, update, delete", func(s *Stack) { s.Create(does("a")); s.Update(does("b")); s.Delete() },
			[]string{"Create  a <nil>", "Update made b a", "Delete made b <nil>"}},
		{"a failed Create is deleted with the id it answered", func(s *Stack) { s.Create(does("fail")) },
			[]string{"Create  fail <nil>", "Delete made fail <nil>"}},
		{"a failed Update is rolled back with the properties swapped", func(s *Stack) { s.Create(does("a")); s.Update(does("fail")); s.Update(does("b")) },
			[]string{"Create  a <nil>", "Update made fail a", "Update made a fail", "Update made b a"}},
		{"a replacement is followed by the Delete of the old id with the old properties", func(s *Stack) { s.Create(does("be one")); s.Update(does("be two")); s.Delete() },
			[]string{"Create  be one <nil>", "Update one be two be one", "Delete one be one <nil>", "Delete two be two <nil>"}},
		{"a replacement that is rolled back", func(s *Stack) { s.Create(does("be one")); s.UpdateThenRollBack(does("be two")); s.Delete() },
			[]string{"Create  be one <nil>", "Update one be two be one", "Update two be one be two", "Delete two be two <nil>", "Delete one be one <nil>"}},
		{"a Delete with a generated id", func(s *Stack) { s.PhysicalID, s.Properties = s.GeneratedID(), does("a"); s.Delete() },
			[]string{"Delete stack-RayIAM- a <nil>"}},
		{"one event twice", func(s *Stack) { s.SendTwice(s.Event("Create", does("a"))) },
			[]string{"Create  a <nil>", "Create  a <nil>"}},
		{"an invocation that fails is repeated", func(s *Stack) { s.Create(does("err once")) },
			[]string{"Create  err once <nil>", "Create  err once <nil>"}},
		{"a process that dies is replaced", func(s *Stack) { s.Create(does("die once")); s.Delete() },
			[]string{"Create  die once <nil>", "Create  die once <nil>", "Delete made die once <nil>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sc := newScene(t)
			events := sc.play(t, tt.do)
			lines := strings.Split(strings.TrimSuffix(events, "\n"), "\n")
			for i := range lines {
				if before, after, made := strings.Cut(lines[i], "stack-RayIAM-"); made {
					lines[i] = before + "stack-RayIAM- " + strings.SplitN(after, " ", 2)[1]
				}
			}
			if got, want := strings.Join(lines, "\n"), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("events\n%s\nwant\n%s", got, want)
			}
			if len(sc.failures) > 0 {
				t.Errorf("failures %q, want none", sc.failures)
			}
		})
	}
}

// TestSequences_Failures proves that the test fails if the function does what it must not
// do.
func TestSequences_Failures(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Stack)
		want string
	}{
		{"no answer", func(s *Stack) { s.Create(does("say nothing")) }, "0 answers, want 1"},
		{"two answers", func(s *Stack) { s.Create(does("answer twice")) }, "2 answers, want 1"},
		{"two answers to two deliveries", func(s *Stack) { s.SendTwice(s.Event("Create", does("answer twice"))) }, "4 answers, want 2"},
		{"a bad answer", func(s *Stack) { s.Create(does("answer badly")) }, "StackId"},
		{"rolled back to another id", func(s *Stack) { s.Create(does("a")); s.PhysicalID = "one"; s.UpdateThenRollBack(does("be two")) }, `rolled back to "two", want "one"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sc := newScene(t)
			sc.play(t, tt.do)
			if got := strings.Join(sc.failures, "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("failures %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSendAtOnce proves that each process gets the event, and that each answer is returned.
func TestSendAtOnce(t *testing.T) {
	sc := newScene(t)
	other := start(t, sc.record)
	events := sc.play(t, func(s *Stack) {
		if got := s.SendAtOnce(s.Event("Create", does("a")), other); len(got) != 2 {
			t.Errorf("got %d answers from two processes, want 2", len(got))
		}
	})
	if want := strings.Repeat("Create  a <nil>\n", 2); events != want {
		t.Errorf("events %q, want %q", events, want)
	}
}

// TestEvent proves that no two events share a request id or a response URL.
func TestEvent(t *testing.T) {
	s := newScene(t).Stack
	a, b := s.Event("Update", does("a")), s.Event("Update", does("a"))
	if a.RequestID == b.RequestID || a.ResponseURL == b.ResponseURL {
		t.Errorf("two events have the request ids %s and %s, and the URLs %s and %s; want different ones", a.RequestID, b.RequestID, a.ResponseURL, b.ResponseURL)
	}
}
