package acceptance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestInstances_EC2CannotBeAsked proves that the log and the answer's last line say that EC2
// could not be asked, in any Region or in one of two. TestEC2Matrix proves for every answer of
// EC2 that a Delete is not refused, and that a temporary error is retried first; TestFind has
// the words.
// Reference 14.5.
func TestInstances_EC2CannotBeAsked(t *testing.T) {
	t.Parallel()
	t.Run("unavailable", func(t *testing.T) {
		l := newLab(t)
		s := l.created(quick)
		l.Launch("us-east-1", "ray-head", "research", 1)
		l.EC2.SetFault(iamproxy.On(iamproxy.Every, iamproxy.EC2Answer(http.StatusServiceUnavailable, "Unavailable", "The service is unavailable.")))
		l.OK(s.Delete())
		l.warned(t, "without knowing whether instances use", "looking for instances in us-east-1: Unavailable")
	})
	t.Run("one Region of two", func(t *testing.T) {
		l := newLab(t)
		l.Function = l.Start("RAYIAM_REGIONS=eu-west-1")
		s := l.created(quick)
		l.EC2.SetFault(iamproxy.On(iamproxy.Times(1, iamproxy.Every), iamproxy.EC2RegionOff()))
		l.OK(s.Delete())
		l.warned(t, "AuthFailure")
	})
}

// TestInstances_SwitchedOff proves that EC2 is not called if the administrator has switched
// the check off.
// Reference 14.8.
func TestInstances_SwitchedOff(t *testing.T) {
	l := newLab(t)
	l.Function = l.Start("RAYIAM_CHECK_INSTANCES=False")
	s := l.created(properties{"PropagationWaitSeconds": 1})
	l.Launch("us-east-1", "ray-head", "research", 1)
	l.OK(s.Delete())
	if calls := l.EC2.Calls(); len(calls) != 0 {
		t.Errorf("EC2 was called, want no call: %+v", calls)
	}
}

// TestInstances_NewProfiles proves that a Create waits until EC2 knows the new profiles,
// and then for the propagation wait; that it asks by a dry run, which cannot launch an
// instance; and that it asks nothing if the wait is 0. TestAwaitKnown has EC2's other answers.
// Reference 14.6, 14.7.
func TestInstances_NewProfiles(t *testing.T) {
	t.Parallel()
	const late, wait = 3 * time.Second, 2 * time.Second
	for name, tt := range map[string]struct {
		fault iamproxy.Fault
		asked int
		least time.Duration
	}{
		"EC2 is late":      {iamproxy.EC2Late(late), 6, late + wait},
		"without its role": {iamproxy.On(iamproxy.Times(2, iamproxy.Every), iamproxy.EC2WithoutRole("p")), 4, 2*time.Second + wait},
		"denied":           {iamproxy.On(iamproxy.Every, iamproxy.EC2Denied()), 2, wait},
		"as an emulator":   {nil, 2, wait},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.EC2.SetFault(tt.fault)
			begun := time.Now()
			s := l.created(properties{"PropagationWaitSeconds": 2, "Path": "/team/"})
			if took := time.Since(begun); took < tt.least {
				t.Errorf("created after %s, want %s or more", took, tt.least)
			}
			calls := l.EC2.Calls()
			if len(calls) != tt.asked {
				t.Errorf("EC2 was asked %d times, want %d", len(calls), tt.asked)
			}
			for _, c := range calls {
				if c.Action != "RunInstances" || c.Form.Get("DryRun") != "true" || !strings.Contains(c.Form.Get("IamInstanceProfile.Arn"), ":instance-profile/team/ray-") || c.Form.Has("SubnetId") {
					t.Errorf("EC2 was asked by %v, want a dry run for a new profile", c.Form)
				}
			}
			if log := l.StoppedLog(); strings.Count(log, `"ec2Answer":`) != 2 {
				t.Errorf("the log does not have EC2's last answer about each profile:\n%s", log)
			}
			s.Use(l.Running())
			l.OK(s.Delete())
		})
	}
	t.Run("no wait", func(t *testing.T) {
		l := newLab(t)
		l.created(quick)
		if calls := l.EC2.Calls(); len(calls) != 0 {
			t.Errorf("EC2 was asked %d times with a wait of 0, want never", len(calls))
		}
	})
}

// TestInstances_EC2NeverKnows proves that a request succeeds although EC2 never knows the
// new profiles: it waits for at most half of its time.
// Reference 14.6, 14.7.
func TestInstances_EC2NeverKnows(t *testing.T) {
	l := newLab(t)
	l.EC2.SetFault(iamproxy.EC2Late(time.Hour))
	s := l.Stack()
	s.Timeout = 15 * time.Second
	l.OK(s.Send(s.Event("Create", properties{"PropagationWaitSeconds": 2})))
	if log := l.StoppedLog(); !strings.Contains(log, "EC2 does not know a new instance profile yet") || !strings.Contains(log, "Invalid IAM Instance Profile") {
		t.Errorf("the log does not say that EC2 did not know the profiles:\n%s", log)
	}
}
