package faults

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// playSuperseded sends the request with which CloudFormation cancels the operation, to
// another process and during the operation's n-th call, and proves that nothing is left
// once both requests are over. If held, the n-th call goes on only after CloudFormation has
// forgotten the operation.
func (c *cell) playSuperseded(held bool) {
	s, e := c.begin()
	next, between, over := c.deletion(s, generatedID), "DELETE_IN_PROGRESS", "DELETE_COMPLETE"
	if e.RequestType == "Update" {
		next, between, over = s.Rollback(declared[c.to]), "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"
	}
	id := c.physicalID // the physical id that CloudFormation has for the resource
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
		c.saysRolledBack(answers[0], e)
	}
	c.nothingIsLeft()
}
