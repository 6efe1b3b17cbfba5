package faults

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// playSuperseded sends what CloudFormation sends when it cancels the operation because
// something else in the stack failed, in another process and while the operation is at
// its n-th call, and proves that nothing is left once both are over. Held, the operation
// goes on only when CloudFormation has long forgotten it.
func (c *cell) playSuperseded(held bool) {
	s, e := c.begin()
	next, between, over := c.deletion(s, generatedID), "DELETE_IN_PROGRESS", "DELETE_COMPLETE"
	if e.RequestType == "Update" {
		next, between, over = s.Rollback(declared[c.to]), "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"
	}
	id := c.physicalID // what CloudFormation has for the resource
	if e.RequestType == "Create" {
		id = generatedID
	}
	c.Resources.Set(s.ID, s.LogicalID, strings.ToUpper(e.RequestType)+"_IN_PROGRESS", id)
	reached, forgotten, ended := make(chan bool), make(chan bool), make(chan bool)
	c.Proxy.Reset()
	c.Proxy.SetFault(iamproxy.On(iamproxy.Nth(c.n), iamproxy.Effect{Before: func() {
		c.Resources.Set(s.ID, s.LogicalID, between, id)
		close(reached)
		if held {
			<-forgotten
		}
	}}))
	first := c.Running()
	go func() {
		defer close(ended)
		first.Invoke(e.JSON(), cloudformation.DefaultTimeout)
	}()
	select {
	case <-reached:
	case <-ended:
		c.TB.Fatalf("%s ended without call %d", e.RequestType, c.n)
	}
	beside := c.Start()
	defer beside.Stop()
	outcome := beside.Invoke(next.JSON(), cloudformation.DefaultTimeout)
	c.Resources.Set(s.ID, s.LogicalID, over, id)
	close(forgotten)
	<-ended
	c.Proxy.SetFault(nil)
	c.Resources.Forget(s.ID, s.LogicalID)
	if answers := s.Answers(next); !outcome.OK() || len(answers) != 1 || !answers[0].OK() {
		c.TB.Errorf("what superseded the operation ended with %+v and the answers %+v", outcome, answers)
	}
	answers := s.Answers(e)
	if len(answers) != 1 {
		c.TB.Fatalf("%d answers of what was superseded, want 1", len(answers))
	}
	if held {
		c.saysSo(answers[0], e)
	}
	c.nothingIsLeft()
}
