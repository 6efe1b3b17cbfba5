package faults

import (
	"strings"
	"sync"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// playOvertaken sends what CloudFormation sends when it cancels the operation because
// something else in the stack failed, in another process and while the operation is at
// its n-th call, and holds that nothing is left once both are over. Held, the operation
// goes on only when CloudFormation has long forgotten it.
func (c *cell) playOvertaken(held bool) {
	s, e := c.begin()
	next, between, over := c.deletion(s, madeUp), "DELETE_IN_PROGRESS", "DELETE_COMPLETE"
	if e.RequestType == "Update" {
		next, between, over = c.rollback(s), "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"
	}
	id := c.physicalID // what CloudFormation has for the resource
	if e.RequestType == "Create" {
		id = madeUp
	}
	c.resources.Set(s.ID, s.LogicalID, strings.ToUpper(e.RequestType)+"_IN_PROGRESS", id)
	reached, forgotten := make(chan bool), make(chan bool)
	c.proxy.Reset()
	c.proxy.SetFault(iamproxy.On(iamproxy.Nth(c.n), iamproxy.Effect{Before: func() {
		c.resources.Set(s.ID, s.LogicalID, between, id)
		close(reached)
		if held {
			<-forgotten
		}
	}}))
	var first sync.WaitGroup
	first.Go(func() { c.started().Invoke(e.JSON(), cloudformation.DefaultTimeout) })
	<-reached
	beside := c.start()
	defer beside.Stop()
	outcome := beside.Invoke(next.JSON(), cloudformation.DefaultTimeout)
	c.resources.Set(s.ID, s.LogicalID, over, id)
	close(forgotten)
	first.Wait()
	c.proxy.SetFault(nil)
	c.resources.Forget(s.ID, s.LogicalID)
	if answers := s.Answers(next); !outcome.OK() || len(answers) != 1 || !answers[0].OK() {
		c.tb.Errorf("what overtook the operation ended with %+v and the answers %+v", outcome, answers)
	}
	answers := s.Answers(e)
	if len(answers) != 1 {
		c.tb.Fatalf("%d answers of what was overtaken, want 1", len(answers))
	}
	for _, words := range []string{"does not wait for this " + e.RequestType + " any more", "what it made has been taken away again"} {
		if held && !strings.Contains(answers[0].Reason, words) {
			c.tb.Errorf("what was forgotten answered %+v, want %q", answers[0], words)
		}
	}
	c.nothingIsLeft()
}
