package faults

import (
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// storms are faults that last longer than one call.
var storms = []fault{
	{"half of all calls throttled, seed 1", every, every, func(c *cell) { c.playStorm(throttleHalf(1)) }},
	{"half of all calls throttled, seed 2", every, every, func(c *cell) { c.playStorm(throttleHalf(2)) }},
	{"half of all calls throttled, seed 3", every, every, func(c *cell) { c.playStorm(throttleHalf(3)) }},
	{"IAM 0.5 s behind each create", makes, every, func(c *cell) { c.playStorm(iamproxy.Lag(500*time.Millisecond, 1)) }},
	{"IAM 4 s behind", makes, every, func(c *cell) { c.playStorm(iamproxy.Lag(4*time.Second, 1)) }},
	{"IAM 15 s behind", makes, every, func(c *cell) { c.playStorm(iamproxy.Lag(15*time.Second, 1)) }},
	{"one reader of two 0.5 s behind", makes, every, func(c *cell) { c.playStorm(iamproxy.Lag(500*time.Millisecond, 2)) }},
	{"one reader of two 4 s behind", makes, every, func(c *cell) { c.playStorm(iamproxy.Lag(4*time.Second, 2)) }},
	{"one reader of two 15 s behind", makes, every, func(c *cell) { c.playStorm(iamproxy.Lag(15*time.Second, 2)) }},
	{"rights 0.5 s late", every, every, func(c *cell) { c.playLate(iamproxy.LateRights(500 * time.Millisecond)) }},
	{"rights 8 s late", every, every, func(c *cell) { c.playLate(iamproxy.LateRights(8 * time.Second)) }},
	{"tags 0.5 s late", makes, every, func(c *cell) { c.playLate(iamproxy.LateTags(500*time.Millisecond, 1)) }},
	{"tags 8 s late", makes, every, func(c *cell) { c.playLate(iamproxy.LateTags(8*time.Second, 1)) }},
	{"tags 8 s late in one reader of two", makes, every, func(c *cell) { c.playLate(iamproxy.LateTags(8*time.Second, 2)) }},
	{"tags 8 s late, denied, Delete", creates, every, (*cell).playLateAndDenied},
	{"IAM silent until the deadline", every, every, func(c *cell) { c.playSilent(1) }},
	{"IAM silent from the middle on", every, every, func(c *cell) { c.playSilent(references[c.name].calls / 2) }},
	{"IAM silent from the last call on", every, every, func(c *cell) { c.playSilent(references[c.name].calls) }},
}

func makes(o operation) bool { return o.request != "Delete" }

// throttleHalf throttles half of all calls. Whether a call is throttled depends on the
// seed, the call's arguments and how often it was made, but not on the order of different
// calls.
func throttleHalf(seed byte) iamproxy.Fault {
	met := map[string]int{}
	return func(c iamproxy.Call) iamproxy.Effect {
		form := c.Form.Encode()
		met[form]++
		h := fnv.New64a()
		_, _ = h.Write([]byte{seed, byte(met[form]), byte(met[form] >> 8)})
		_, _ = h.Write([]byte(form))
		if h.Sum64()>>32&1 == 0 {
			return iamproxy.Effect{}
		}
		return iamproxy.Answer(http.StatusBadRequest, "Throttling")
	}
}

// playStorm proves that the operation has its full effect in spite of the fault, and that
// the new profiles are read until IAM shows them.
func (c *cell) playStorm(fault iamproxy.Fault) {
	s, e := c.begin()
	e.ResourceProperties = e.ResourceProperties.With(properties{"PropagationWaitSeconds": 1})
	c.ended(s, c.succeeds(s, e, fault))
}

// playSilent proves that the operation is answered before Lambda ends the process if IAM
// does not answer from the n-th call on, that the Reason names such a call, and
// that CloudFormation's next request restores the state before.
func (c *cell) playSilent(n int) {
	s, e := c.begin()
	s.Timeout = 12 * time.Second
	c.Proxy.Reset()
	c.Proxy.SetFault(iamproxy.On(func(call iamproxy.Call) bool { return call.N >= n }, iamproxy.Hang()))
	answer := s.SendOnce(e)
	c.Proxy.SetFault(nil)
	c.Failed(answer, "before the deadline", "ing ")
	if !slices.ContainsFunc(c.Proxy.Calls()[n-1:], func(call iamproxy.Call) bool { return strings.Contains(answer.Reason, subject(call)) }) {
		c.TB.Errorf("Reason %q names none of the calls that IAM did not answer", answer.Reason)
	}
	s.Timeout = time.Minute
	c.followedUp(s, answer)
}
