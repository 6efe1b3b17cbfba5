package command

import (
	"bytes"
	"cmp"
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// wrote fails the test unless the calls that were made are the planned ones.
func (l *lab) wrote(planned [][]string) {
	l.TB.Helper()
	var want []string
	for _, call := range slices.Concat(planned...) {
		action, _, _ := strings.Cut(call, " ")
		want = append(want, action)
	}
	got := l.Proxy.Writes()
	slices.Sort(want)
	if slices.Sort(got); !slices.Equal(got, want) {
		l.TB.Errorf("written was %v, planned %v", got, want)
	}
}

// TestOrphans_Delete proves that an orphaned set is deleted by the calls of a Delete, that
// the sets of stacks stay, and that nothing is written before the deletion is confirmed.
// Reference 16.3, 16.4.
func TestOrphans_Delete(t *testing.T) {
	l := newLab(t)
	other := l.deployed(properties{"NamePrefix": "other"})
	kept := l.Snapshot()
	s := l.deployed(everything)
	l.PutInline("ml-head", "by-hand")
	l.DetachPolicy("ml-gpu", "arn:aws:iam::aws:policy/ReadOnlyAccess")
	if got := l.ok(0, "", "orphans"); got != "No orphaned set among 2 sets.\n" {
		t.Errorf("the first line is %s", got)
	}
	l.orphan(s)
	l.Proxy.Reset()
	got := l.ok(2, "", "orphans")
	for _, want := range []string{s.PhysicalID + " of stack " + stackName(s) + " (us-east-1): the stack does not exist any more\n    role ml-cpu\n    instance profile ml-cpu\n", "\n1 orphaned set. rayiam orphans --delete deletes what they own.\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the output is\n%s\nwant %q in it", got, want)
		}
	}
	l.fails("", []string{"pass --yes to delete without being asked"}, "orphans", "--delete")
	if writes := l.Proxy.Writes(); len(writes) > 0 {
		t.Fatalf("written without a confirmation: %v, want nothing", writes)
	}
	view, _ := l.planned(s.Event("Delete", everything))
	l.Proxy.Reset()
	sets := l.sets(0, "orphans", "--delete", "--yes")
	if len(sets) != 1 || !sets[0].Deleted || sets[0].Failed != "" || sets[0].Plan == nil {
		t.Fatalf("the printed sets are %+v, want one", sets)
	}
	if encoded(t, sets[0].Plan.Calls) != encoded(t, view.Calls) {
		t.Errorf("the planned calls are\n%v\nand those of the resource's Delete\n%v", sets[0].Plan.Calls, view.Calls)
	}
	l.wrote(view.Calls)
	if left := l.Snapshot(); !slices.Equal(left, kept) {
		t.Errorf("%v is left, want only the other set: %v", left, kept)
	}
	if got := l.ok(0, "", "orphans", "--delete", "--yes"); got != "No orphaned set among 1 set.\n" {
		t.Errorf("orphans prints %s, want that there is no orphaned set", got)
	}
	l.orphan(other)
	if got := l.ok(0, "", "orphans", other.PhysicalID, "--delete", "--yes"); !strings.Contains(got, "Delete of the orphaned set "+other.PhysicalID+" in stack "+other.ID+"\n") || !strings.HasSuffix(got, "Deleted "+other.PhysicalID+".\n") {
		t.Errorf("orphans prints %s, want the Delete of %s", got, other.PhysicalID)
	}
	if left := l.Snapshot(); len(left) != 0 {
		t.Errorf("%v is left, want nothing", left)
	}
}

// TestOrphans_Adopted proves that adopted roles and profiles of an orphaned set are
// released, and not deleted.
// Reference 16.4.
func TestOrphans_Adopted(t *testing.T) {
	l := newLab(t)
	l.CreateSet()
	before := l.Snapshot()
	s := l.deployed(properties{"AdoptExisting": "true"})
	l.orphan(s)
	if got := l.ok(0, "", "orphans", "--delete", "--yes"); !strings.Contains(got, "role ray-head would be released") {
		t.Errorf("orphans prints %s, want that ray-head would be released", got)
	}
	for _, name := range []string{"role ray-head", "role ray-worker", "profile ray-head"} {
		if len(l.Snapshot().Matching(name)) == 0 || len(before.Matching(name)) == 0 {
			t.Errorf("%s was deleted, want it released", name)
		}
	}
	if left := l.Snapshot().Matching("ray-iam:"); len(left) != 0 {
		t.Errorf("%v is left with an owner", left)
	}
}

// TestOrphans_InUse proves that no part of an orphaned set in use is deleted, and none if
// EC2 cannot be asked, unless a flag says otherwise.
// Reference 16.6.
func TestOrphans_InUse(t *testing.T) {
	l := newLab(t)
	s := l.deployed(properties{"Path": "/team/", "NamePrefix": "ml"})
	l.orphan(s)
	before := l.Snapshot()
	elsewhere := l.Launch("eu-west-1", "ml-worker", "research", 1)
	stays := func(words string, args ...string) {
		t.Helper()
		l.fails2(t, []string{s.PhysicalID + " was not deleted: ", words}, append([]string{"orphans", "--delete", "--yes"}, args...)...)
		if after := l.Snapshot(); !slices.Equal(after, before) {
			t.Errorf("the account was %v, it is now %v, want no change", before, after)
		}
	}
	stays("1 EC2 instance uses what would be deleted: "+elsewhere.IDs[0]+" of cluster research in eu-west-1", "--regions", "eu-west-1")
	elsewhere.Terminate()
	head := l.Launch("us-east-1", "ml-head", "research", 1)
	stays("or pass --allow-delete-in-use")
	head.Terminate()
	l.EC2.SetFault(iamproxy.On(iamproxy.Every, iamproxy.EC2Denied()))
	stays("cannot tell whether instances use what would be deleted: looking for instances in us-east-1: UnauthorizedOperation")
	l.ok(0, "", "orphans", "--delete", "--yes", "--allow-delete-in-use")
	if left := l.Snapshot(); len(left) != 0 {
		t.Errorf("%v is left, want nothing", left)
	}
}

// TestOrphans_NoLonger proves that a set is not deleted if a stack owns it again by the
// time of the deletion, if it belongs to a stack of another account, or if one of its roles
// may be assumed by others than EC2.
// Reference 16.4, 16.5.
func TestOrphans_NoLonger(t *testing.T) {
	l := newLab(t)
	s := l.deployed(nil)
	l.orphan(s)
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("ListInstanceProfilesForRole"), iamproxy.Effect{Before: func() { l.stands(s, "CREATE_COMPLETE") }}))
	l.fails2(t, []string{"was not deleted: nothing was changed: CloudFormation says that a stack has the set"}, "orphans", "--delete", "--yes")
	l.Proxy.SetFault(nil)
	if after := l.Snapshot(); !slices.Equal(after, before) {
		t.Errorf("the account was %v, it is now %v, want no change", before, after)
	}
	l.orphan(s)
	l.SetTrust("ray-head", "lambda.amazonaws.com")
	before = l.Snapshot()
	l.fails2(t, []string{"role ray-head has another trust policy than the provider gives to a role"}, "orphans", "--delete", "--yes")
	if after := l.Snapshot(); !slices.Equal(after, before) {
		t.Errorf("the account was %v, it is now %v, want no change", before, after)
	}
	for _, name := range []string{"ray-head", "ray-worker"} {
		l.TagRole(name, "ray-iam:stack", strings.Replace(s.ID, l.AccountID, "999999999999", 1))
	}
	l.fails2(t, []string{"is of another account than " + l.AccountID}, "orphans", "--delete", "--yes")
	if roles := l.Roles(); len(roles.Matching("role ray-head")) == 0 {
		t.Error("the role was deleted, want it unchanged")
	}
}

// TestOrphans_Killed kills the command between two sets, and within the second one. It
// proves that the sets that the command had not begun are unchanged, and that running the
// command again deletes the rest.
// Reference 16.7.
func TestOrphans_Killed(t *testing.T) {
	for _, at := range []string{"", "DeleteRole"} {
		t.Run("at its "+cmp.Or(at, "first write"), func(t *testing.T) {
			l := newLab(t)
			for _, prefix := range []string{"ray-a", "ray-b", "ray-c"} {
				l.orphan(l.deployed(properties{"NamePrefix": prefix}))
			}
			before := l.Snapshot()
			killed, first := make(chan struct{}), true
			l.Proxy.Reset()
			l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
				second := c.Writes() && (strings.HasPrefix(c.Form.Get("RoleName"), "ray-b-") || strings.HasPrefix(c.Form.Get("InstanceProfileName"), "ray-b-"))
				if !second || at != "" && c.Action != at {
					return iamproxy.Effect{}
				}
				if first {
					first = false
					close(killed)
				}
				return iamproxy.DropBefore()
			})
			if r := l.runUntil(killed, "", "orphans", "--delete", "--yes"); r.code == 0 || !strings.Contains(r.out, "Deleted ray-a-") || strings.Contains(r.out, "Deleted ray-b-") {
				t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
			}
			l.Proxy.SetFault(nil)
			l.Stop() // wait for the calls that the command had begun
			left := l.Snapshot()
			if len(left.Matching("ray-a-")) > 0 || !slices.Equal(left.Matching("ray-c-"), before.Matching("ray-c-")) {
				t.Errorf("%v is left", left)
			}
			if untouched := slices.Equal(left.Matching("ray-b-"), before.Matching("ray-b-")); untouched != (at == "") {
				t.Errorf("the second set is unchanged: %v\n%v", untouched, left.Matching("ray-b-"))
			}
			if got := l.ok(0, "", "orphans", "--delete", "--yes"); strings.Count(got, "\nDeleted ray-") != 2 {
				t.Errorf("the second run prints %s", got)
			}
			if left := l.Snapshot(); len(left) != 0 {
				t.Errorf("%v is left after the second run, want nothing", left)
			}
		})
	}
}

// terminal is a Python program that runs a command in a terminal of its own, answers its
// question, and prints what the terminal shows.
const terminal = `import os, pty, sys
answer, command = sys.argv[1].encode() + b"\n", sys.argv[2:]
shown = b""
def read(fd):
    global shown
    data = os.read(fd, 1024)
    shown += data
    if b"Only yes does it: " in shown and not read.answered:
        read.answered = True
        os.write(fd, answer)
    return data
read.answered = False
sys.exit(os.waitstatus_to_exitcode(pty.spawn(command, read)))`

// TestOrphans_Asks proves that the command asks on a terminal, and that only the answer yes
// deletes.
// Reference 16.4.
func TestOrphans_Asks(t *testing.T) {
	l := newLab(t)
	s := l.deployed(nil)
	l.orphan(s)
	for _, tt := range []struct {
		answer string
		code   int
		want   []string
	}{
		{"y", 2, []string{"- role ray-head would be deleted", "Delete 4 and release 0 roles and instance profiles of 1 orphaned set? Only yes does it: ", "note: nothing was deleted"}},
		{"", 2, []string{"note: nothing was deleted"}},
		{"yes", 0, []string{"Deleted " + s.PhysicalID + "."}},
	} {
		code, shown := l.onTerminal(t, tt.answer, "orphans", "--delete")
		if code != tt.code {
			t.Errorf("%q: exit code %d, want %d\n%s", tt.answer, code, tt.code, shown)
		}
		for _, want := range tt.want {
			if !strings.Contains(shown, want) {
				t.Errorf("%q: the terminal shows %s\nwant %q in it", tt.answer, shown, want)
			}
		}
		if gone := len(l.Snapshot()) == 0; gone != (tt.code == 0) {
			t.Errorf("%q: the set was deleted: %v, want the opposite", tt.answer, gone)
		}
	}
	if code, shown := l.onTerminal(t, "", "list"); code != 0 || !strings.Contains(shown, "\x1b[Klisting roles and instance profiles ... 0s") {
		t.Errorf("want progress on the terminal: exit code %d, the terminal shows %q", code, shown)
	}
}

func (l *lab) onTerminal(t *testing.T, answer string, args ...string) (int, string) {
	t.Helper()
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, append([]string{"-c", terminal, answer, path}, args...)...)
	cmd.Env = append(l.environment(), "NO_COLOR=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the exit code says how it ended
	return cmd.ProcessState.ExitCode(), out.String()
}
