package faults

import (
	"hash/fnv"
	"net/http"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// storms are what lasts for longer than a call.
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

// throttleHalf throttles every other call. The same calls, each counted by its
// arguments, have the same fate under the same seed, in whatever order they come.
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

// playStorm proves that the operation ends as if nothing had been, with the new profiles
// read back until they are there.
func (c *cell) playStorm(fault iamproxy.Fault) {
	s, e := c.begin()
	e.ResourceProperties = e.ResourceProperties.With(properties{"PropagationWaitSeconds": 1})
	c.ended(s, c.succeeds(s, e, fault))
}

// playSilent proves that the operation is answered before Lambda ends the process when IAM
// falls silent at the n-th call, and says over what; and that what CloudFormation sends
// then leaves things as they were.
func (c *cell) playSilent(n int) {
	s, e := c.begin()
	s.Timeout = 12 * time.Second
	c.Proxy.Reset()
	c.Proxy.SetFault(iamproxy.On(func(call iamproxy.Call) bool { return call.N >= n }, iamproxy.Hang()))
	answer := s.SendOnce(e)
	c.Proxy.SetFault(nil)
	c.Failed(answer, "before the deadline", "ing ")
	s.Timeout = time.Minute
	c.followedUp(s, answer)
}
