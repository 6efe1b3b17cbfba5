package model

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// In some events a request has a propagation wait, and EC2 learns late of the account's
// profiles. The others have a wait of 0, with which the function does not ask EC2.

// lags are the times by which EC2 may be late.
var lags = []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 2500 * time.Millisecond}

// A view is what EC2 knows during one operation.
type view struct {
	waits bool
	lag   time.Duration
}

// view returns whether the operation has a propagation wait, and by how much EC2 is late.
// It is computed from the operation, so that it does not change the random draws of later
// steps.
func (o op) view() view {
	h := fnv.New32a()
	fmt.Fprint(h, accountDigits.ReplaceAllString(o.GoString(), "ACCOUNT"))
	n := int(h.Sum32() >> 8)
	return view{waits: n%3 == 0 && o.Kind != "delete" && o.Bad == "", lag: lags[n/3%len(lags)]}
}

// String returns the text that a failing run shows.
func (v view) String() string { return fmt.Sprintf("a wait of 1 s, EC2 late by %s", v.lag) }

// deliverTo delivers an event under the view, with a propagation wait if the view has one.
func (w *world) deliverTo(v view, r *resource, e cloudformation.Event, f fault, attempts int) delivered {
	if !v.waits {
		return w.deliver(r, e, f, attempts)
	}
	w.TB.Logf("   %s with %s", e.RequestType, v)
	e.ResourceProperties = e.ResourceProperties.With(properties{"PropagationWaitSeconds": 1})
	w.EC2.Reset()
	w.EC2.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		arn := c.Form.Get("IamInstanceProfile.Arn")
		switch {
		case c.Action != "RunInstances":
			return iamproxy.Effect{}
		case !w.knows(v, arn):
			return iamproxy.EC2Unknown(arn)
		}
		return iamproxy.EC2Denied()
	})
	defer w.EC2.SetFault(nil)
	return w.deliver(r, e, f, attempts)
}

// knows reports whether EC2 knows by now that the profile has its role.
func (w *world) knows(v view, arn string) bool {
	name := arn[strings.LastIndex(arn, "/")+1:]
	for _, c := range w.Proxy.Calls() {
		if c.Action == "AddRoleToInstanceProfile" && c.Form.Get("InstanceProfileName") == name && (c.End.IsZero() || time.Since(c.End) < v.lag) {
			return false
		}
	}
	return true
}

// ready proves that a successful request was answered only after EC2 knew all declared
// profiles and the wait had passed. It also proves that the function asked EC2 about all
// new profiles, and about no profile that is not declared. After a process was killed, the
// next one need not find any profile new.
func (w *world) ready(what string, v view, d delivered, c change, before account) {
	if !v.waits || !d.answer.OK() || d.died {
		return
	}
	now, asked := time.Now(), map[string][]iamproxy.Call{}
	for _, call := range w.EC2.Calls() {
		if call.Action == "RunInstances" {
			arn := call.Form.Get("IamInstanceProfile.Arn")
			asked[arn] = append(asked[arn], call)
		}
	}
	kind := "nothing is new"
	for _, entity := range c.declared.names() {
		name, isProfile := strings.CutPrefix(entity, "profile ")
		if !isProfile {
			continue
		}
		arn := c.declared[entity]["arn"]
		calls := asked[arn]
		delete(asked, arn)
		if !w.knows(v, arn) {
			w.TB.Fatalf("%s was answered before EC2 knew %s", what, arn)
		}
		if _, holds := before[entity]["holds "+name]; holds && before["role "+name] != nil {
			continue
		}
		if len(calls) == 0 {
			w.TB.Fatalf("%s: EC2 was not asked for %s, which is new", what, arn)
		}
		if since := now.Sub(calls[len(calls)-1].Start); since < time.Second {
			w.TB.Fatalf("%s was answered %s after EC2 knew %s, want after the wait of 1 s", what, since, arn)
		}
		if kind = "known at once"; v.lag > 0 {
			kind = "EC2 late, and waited for"
		}
	}
	if len(asked) > 0 {
		w.TB.Fatalf("%s: EC2 was asked for %v, which is not declared", what, slices.Sorted(maps.Keys(asked)))
	}
	w.tally.add("ready", kind)
}
