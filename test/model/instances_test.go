package model

import (
	"slices"
	"strings"
)

// The account has instances that a person has launched, by the ARN of their instance
// profile. They stay when the profile is deleted by hand.

// launchWith launches an instance, if that is drawn, with a profile that the operation has
// made: the head's or the last worker group's.
func (w *world) launchWith(o op) {
	names := nodeNames(o.Props)
	profile := names[len(names)-1]
	if o.MadeUp {
		profile = names[0]
	}
	if arn := w.model["profile "+profile]["arn"]; o.launches() {
		w.running[arn] = append(w.running[arn], w.Launch("us-east-1", profile, "research", 1).IDs...)
		w.tally.add("ends", "instance launched")
	}
}

// losing returns the ARNs of the profiles that the change deletes, or whose role it
// deletes.
func (c change) losing(a account) (arns []string) {
	for _, name := range c.removed {
		profile := a["profile "+name]
		if profile == nil || profile.owner() != c.from {
			continue
		}
		losesRole := func(other string) bool { _, holds := profile["holds "+other]; return holds && c.deletes(a, other) }
		if profile[adoptedTag] != "held" || slices.ContainsFunc(c.removed, losesRole) {
			arns = append(arns, profile["arn"])
		}
	}
	return arns
}

// using returns the instances because of which the change must be refused.
func (w *world) using(c change) (ids []string) {
	if !c.guarded {
		return nil
	}
	for _, arn := range c.losing(w.model) {
		ids = append(ids, w.running[arn]...)
	}
	slices.Sort(ids)
	return ids
}

// heldUp proves that a request was refused because of these instances.
func (w *world) heldUp(d delivered, request string, ids []string) {
	w.failed(d, "nothing was changed", "what would be deleted", "of cluster research in us-east-1", ids[0])
	w.tally.add("ends", request+" held up by instances")
}

// terminate terminates instances, or all if none is named.
func (w *world) terminate(ids ...string) {
	for arn, running := range w.running {
		for _, id := range running {
			if len(ids) == 0 || slices.Contains(ids, id) {
				w.Terminate("us-east-1", id)
			}
		}
		w.running[arn] = slices.DeleteFunc(running, func(id string) bool { return len(ids) == 0 || slices.Contains(ids, id) })
	}
	if len(ids) > 0 {
		w.TB.Logf("   by hand: terminated %s", strings.Join(ids, ", "))
	}
}

// status returns CloudFormation's status of the stack while it sends a request.
func (c change) status(request string) string {
	switch {
	case c.rollsBack && request == "Update":
		return "UPDATE_ROLLBACK_IN_PROGRESS"
	case c.rollsBack:
		return "ROLLBACK_IN_PROGRESS"
	}
	return strings.ToUpper(request) + "_IN_PROGRESS"
}

// rolledBack returns the change as CloudFormation asks for it in a rollback, which is not
// refused because of instances.
func (c change) rolledBack() change {
	c.rollsBack, c.guarded = true, false
	return c
}
