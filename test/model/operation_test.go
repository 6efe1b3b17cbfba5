package model

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

var physicalID = regexp.MustCompile(`^(.+)-[0-9a-f]{12}$`)

// removal returns the change of a Delete. The physical id names the set. If CloudFormation
// has made up the id, the properties name it.
func (w *world) removal(r *resource, id string, props properties) change {
	prefix := text(props, "NamePrefix", "ray")
	if m := physicalID.FindStringSubmatch(id); m != nil && w.id(r, m[1]) == id {
		prefix = m[1]
	}
	if !validPrefix(prefix) {
		return change{}
	}
	known := w.id(r, prefix) == id
	return change{removed: nodeNames(props.With(properties{"NamePrefix": prefix})), from: w.id(r, prefix), guarded: known && !allowsDeletion(props)}
}

// updating returns the change of an Update: under the present prefix, everything that is
// not declared any more is removed, such as a group or the rest of a failed replacement.
func (w *world) updating(r *resource, id string, props, old properties) change {
	c := w.creating(r, props)
	c.update = true
	before := text(old, "NamePrefix", "ray")
	if id != c.owner || !validPrefix(before) {
		return c
	}
	c.from = w.id(r, before)
	c.guarded = c.from == c.owner && !allowsDeletion(props)
	for _, name := range nodeNames(old) {
		if c.from != c.owner || !slices.Contains(nodeNames(props), name) {
			c.removed = append(c.removed, name)
		}
	}
	return c
}

func (w *world) creating(r *resource, props properties) change {
	prefix := text(props, "NamePrefix", "ray")
	if !validPrefix(prefix) {
		prefix = "ray" // the id of a refused Create has this prefix
	}
	owner := w.id(r, prefix)
	return change{declared: declared(props, w.AccountID, r.stack, owner), owner: owner, adopt: text(props, "AdoptExisting", "") == "true"}
}

func allowsDeletion(props properties) bool { return text(props, "AllowDeleteInUse", "") == "true" }

func validPrefix(prefix string) bool { return !strings.Contains(prefix, " ") }

// play sends a request under the operation's fault and checks its result: the declared
// state, or a refusal that names what is in the way and changes nothing. After a denial or
// the death of the process, it is a state between before and after.
func (w *world) play(o op, r *resource, e cloudformation.Event, c change) (delivered, bool) {
	way, attempts := c.inTheWay(w.model), 3
	if o.Abandoned {
		attempts = 1
	}
	before, after := w.model, w.model
	using := w.using(c)
	if o.Bad == "" && len(way) == 0 && len(using) == 0 {
		after = c.apply(before)
	}
	w.Resources.SetStack(r.stack, c.status(e.RequestType))
	v := o.view()
	d := w.deliverTo(v, r, e, o.Fault, attempts)
	what := e.RequestType + " of " + r.String()
	switch {
	case !d.answered:
		w.TB.Logf("   %s: never answered, killed at %s", what, d.hits)
		w.endsBetween(what, before, after, c)
		w.tally.add("ends", e.RequestType+" killed, not retried")
		return d, false
	case o.Fault.Kind == denied && len(d.hits) > 0:
		w.TB.Logf("   %s: %s, denied %s", what, d.answer.Status, d.hits)
		w.failed(d, "AccessDenied")
		w.endsBetween(what, before, after, c)
		if e.RequestType == "Update" && c.owner != e.PhysicalResourceID {
			w.undone(what, d, c, before)
		}
		w.tally.add("ends", e.RequestType+" denied")
		return d, false
	case o.Bad != "":
		w.failed(d, "nothing was changed", bad[o.Bad].reason)
		w.check(what + ", refused")
		w.tally.add("ends", e.RequestType+" refused: "+o.Bad)
		return d, false
	case len(way) > 0:
		w.refused(d, way)
		w.check(what + ", refused")
		w.tally.add("ends", e.RequestType+" refused for what is in the way")
		return d, false
	case len(using) > 0:
		w.heldUp(d, e.RequestType, using)
		w.check(what + ", held up")
		return d, false
	}
	w.ready(what, v, d, c, before)
	w.done(what, d, before, after, e.RequestType)
	return d, true
}

// done checks what must be true after a request that succeeded.
func (w *world) done(what string, d delivered, before, after account, requestType string) {
	if !d.answer.OK() {
		w.TB.Fatalf("%s: FAILED (%s hit): %s", what, d.hits, d.answer.Reason)
	}
	w.frugal(what, d, before, after)
	w.counted(before, after, requestType)
	w.model = after
	w.check(fmt.Sprintf("%s (%s hit)", what, d.hits))
	w.tally.add("ends", requestType+" done")
}

// settle sends CloudFormation's next request after another one has ended, until it
// succeeds. If something is in the way, a person removes it.
func (w *world) settle(r *resource, request, id string, props, old properties, c change) cloudformation.Answer {
	what := request + " of " + r.String()
	for {
		way, using := c.inTheWay(w.model), w.using(c)
		w.Resources.SetStack(r.stack, c.status(request))
		d := w.deliver(r, w.event(r, request, id, props, old), fault{}, 1)
		w.TB.Logf("   then %s of %s: %s", request, id, d.answer.Status)
		if len(way) == 0 && len(using) > 0 {
			w.heldUp(d, request, using)
			w.check(what + " that followed, held up")
			w.terminate(using...)
			continue
		}
		if len(way) == 0 {
			if !d.answer.OK() {
				w.TB.Fatalf("%s: FAILED: %s", what, d.answer.Reason)
			}
			after := c.apply(w.model)
			w.frugal(what+" that followed", d, w.model, after)
			w.counted(w.model, after, request)
			w.model = after
			w.check(what + " that followed")
			return d.answer
		}
		w.refused(d, way)
		w.check(what + " that followed, refused")
		w.tally.add("ends", request+" refused for what is in the way")
		w.clear(way, c)
	}
}

// create sends a Create and its follow-up.
func (w *world) create(o op) {
	r := w.resources[o.Resource]
	c := w.creating(r, o.Props)
	e := w.event(r, "Create", "", o.Props, nil)
	d, ok := w.play(o, r, e, c)
	if !d.answered {
		id := c.owner // the id that CloudFormation may know from an earlier attempt
		if o.MadeUp {
			id = w.stack(r).GeneratedID()
			w.tally.add("ends", "Delete with a generated id")
		}
		w.settle(r, "Delete", id, o.Props, nil, w.removal(r, id, o.Props).rolledBack())
		return
	}
	if d.answer.PhysicalResourceID != c.owner {
		w.TB.Fatalf("a Create answered %q, want %q", d.answer.PhysicalResourceID, c.owner)
	}
	if !ok {
		w.settle(r, "Delete", d.answer.PhysicalResourceID, o.Props, nil, w.removal(r, c.owner, o.Props).rolledBack())
		return
	}
	w.told(o, d, c)
	w.again(o, r, e, c, d)
	if o.Then == "cancelled" {
		id := w.stack(r).GeneratedID()
		w.settle(r, "Delete", id, o.Props, nil, w.removal(r, id, o.Props))
		w.tally.add("ends", "Create cancelled")
		return
	}
	r.id, r.props = c.owner, o.Props
	w.launchWith(o)
}

// update sends an Update in place or a replacement, and its follow-up.
func (w *world) update(o op) {
	r := w.resources[o.Resource]
	oldID, old := r.id, r.props
	c := w.updating(r, oldID, o.Props, old)
	replaces := c.owner != oldID && o.Bad == ""
	if replaces {
		w.tally.add("ends", "replacement tried")
	}
	e, before := w.event(r, "Update", oldID, o.Props, old), w.model
	d, ok := w.play(o, r, e, c)
	if !ok {
		if d.answered && d.answer.PhysicalResourceID != oldID {
			w.TB.Fatalf("a failed Update answered %q, want %q", d.answer.PhysicalResourceID, oldID)
		}
		if o.Then == notRolledBack && d.answered && w.nothingIsBegun(d, c, before, old) {
			w.tally.add("ends", "Update not rolled back")
			return
		}
		w.rollBack(r, oldID, oldID, old, o.Props)
		return
	}
	if d.answer.PhysicalResourceID != c.owner {
		w.TB.Fatalf("an Update answered %q, want %q", d.answer.PhysicalResourceID, c.owner)
	}
	w.told(o, d, c)
	w.again(o, r, e, c, d)
	r.id, r.props = c.owner, o.Props
	w.launchWith(o)
	switch {
	case o.Then == "rolled back":
		w.rollBack(r, r.id, oldID, old, o.Props)
		if r.id, r.props = oldID, old; replaces {
			w.settle(r, "Delete", c.owner, o.Props, nil, w.removal(r, c.owner, o.Props).rolledBack())
			w.tally.add("ends", "replacement rolled back")
		}
	case replaces:
		w.settle(r, "Delete", oldID, old, nil, w.removal(r, oldID, old))
		w.tally.add("ends", "replacement done")
	}
}

// rollBack sends the Update with the properties swapped until it succeeds.
func (w *world) rollBack(r *resource, id, oldID string, old, props properties) {
	answer := w.settle(r, "Update", id, old, props, w.updating(r, id, old, props).rolledBack())
	if answer.PhysicalResourceID != oldID {
		w.TB.Fatalf("the rollback answered %q, want %q", answer.PhysicalResourceID, oldID)
	}
	w.tally.add("ends", "Update rolled back")
}

// remove sends a Delete, and another one if it failed.
func (w *world) remove(o op) {
	r := w.resources[o.Resource]
	c := w.removal(r, r.id, r.props)
	e := w.event(r, "Delete", r.id, r.props, nil)
	d, ok := w.play(o, r, e, c)
	if !ok {
		w.settle(r, "Delete", r.id, r.props, nil, c)
	} else {
		w.again(o, r, e, c, d)
	}
	r.id, r.props = "", nil
}

// again sends the same event a second time, if the operation asks for it.
func (w *world) again(o op, r *resource, e cloudformation.Event, c change, first delivered) {
	if o.Then != "twice" {
		return
	}
	e.ResponseURL = w.URLs.URL(0)
	second := w.deliver(r, e, fault{}, 1)
	if !second.answer.OK() || second.answer.PhysicalResourceID != first.answer.PhysicalResourceID || !maps.Equal(second.answer.Data, first.answer.Data) {
		w.TB.Fatalf("the event again: %+v, want %+v", second.answer, first.answer)
	}
	after := c.apply(w.model)
	w.frugal(e.RequestType+" again", second, w.model, after)
	w.model = after
	w.check(e.RequestType + " again")
	w.tally.add("ends", e.RequestType+" twice")
}
