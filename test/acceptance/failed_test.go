package acceptance

import (
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestFailed_IsShownToItsDelete proves that nothing is left of a Create that failed after
// its first writes, although IAM hides new roles for 4 seconds.
// Reference 6.9.
func TestFailed_IsShownToItsDelete(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	lag := iamproxy.Lag(4*time.Second, 1)
	l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		if c.Action == "AttachRolePolicy" && strings.HasSuffix(c.Form.Get("PolicyArn"), "AmazonEC2FullAccess") {
			return iamproxy.Denied()
		}
		return lag(c)
	})
	create, gone := l.Stack().Create(quick)
	l.Failed(create, "AccessDenied")
	l.OK(gone)
	l.unchanged(before, "a Create that failed, and its Delete")
}

// TestFailed_SilenceAfterwards proves that a denied request is answered in time, with the
// denial, although IAM then stops answering.
// Reference 6.9.
func TestFailed_SilenceAfterwards(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Timeout = 20 * time.Second
	denied := false
	l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		switch {
		case denied:
			return iamproxy.Hang()
		case c.Action == "AttachRolePolicy" && strings.HasSuffix(c.Form.Get("PolicyArn"), "AmazonEC2FullAccess"):
			denied = true
			return iamproxy.Denied()
		}
		return iamproxy.Effect{}
	})
	create := s.SendOnce(s.Event("Create", quick))
	l.Failed(create, "AccessDenied")
	l.Proxy.SetFault(nil)
	gone := s.Event("Delete", quick)
	gone.PhysicalResourceID = create.PhysicalResourceID
	l.OK(s.Send(gone))
	l.hasNot("ray-iam:owner")
}
