package acceptance

import (
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestThrottled_Fleet proves that many stacks, created at once by processes of their own
// against one account's rate limit, all succeed, and that fewer calls are throttled than
// served.
// Reference 6.13.
func TestThrottled_Fleet(t *testing.T) {
	l := newLab(t)
	const stacks = 8
	var fleet []*cloudformation.Stack
	for i := range stacks {
		s := l.Stack()
		s.Timeout = 5 * time.Minute // the function's timeout
		if i > 0 {
			s.Use(l.Start())
		}
		fleet = append(fleet, s)
	}
	l.Proxy.Reset()
	l.Proxy.SetFault(iamproxy.Bucket(40, 20))
	answers := make([]cloudformation.Answer, stacks)
	var all sync.WaitGroup
	for i, s := range fleet {
		all.Go(func() {
			answers[i] = s.Send(s.Event("Create", quick.With(properties{"NamePrefix": "ray-" + string(rune('a'+i))})))
		})
	}
	all.Wait()
	for _, answer := range answers {
		l.OK(answer)
	}
	if throttled, served := iamproxy.ThrottledOf(l.Proxy.Calls()); throttled >= served {
		t.Errorf("%d calls throttled and %d served, want fewer throttled", throttled, served)
	} else {
		t.Logf("%d calls throttled and %d served", throttled, served)
	}
}

// TestThrottled_IsAnsweredWithFigures proves that a request that IAM throttles until its
// deadline is answered in time, with the number of throttled calls.
// Reference 6.13, 7.3.
func TestThrottled_IsAnsweredWithFigures(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Timeout = 12 * time.Second
	l.Proxy.SetFault(iamproxy.On(iamproxy.Every, iamproxy.Throttled()))
	answer := s.SendOnce(s.Event("Create", quick))
	l.Failed(answer, "before the deadline", "Throttling", "IAM has throttled", "calls of this request")
}
