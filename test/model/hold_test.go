package model

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// frugal proves that what changes nothing writes nothing.
func (w *world) frugal(what string, d delivered, before, after account) {
	if writes := w.Proxy.Writes(); len(d.hits) == 0 && len(writes) > 0 && diff(before, after) == "" {
		w.TB.Fatalf("%s has nothing to change, and wrote %s", what, writes)
	} else if len(writes) == 0 {
		w.tally.add("ends", "nothing to write")
	}
}

// endsBetween holds what an operation that did not end may leave, and takes it for
// what is now: from there, what CloudFormation sends next is held exactly again.
func (w *world) endsBetween(what string, before, after account, c change) {
	seen := w.seen()
	if problem := between(before, after, c.own(), seen); problem != "" {
		w.TB.Fatalf("%s did not end, and left what is neither before nor after:\n%s", what, problem)
	}
	w.model = seen
}

// undone proves that what a failed replacement had made is gone again, unless what was
// denied stood in the way of that too. A set that was in use before is not undone.
func (w *world) undone(what string, d delivered, c change, before account) {
	if !undoable(d) && !strings.Contains(d.answer.Reason, "was rolled back") {
		return
	}
	for entity := range c.declared {
		if before[entity].owner() == c.owner {
			return
		}
	}
	for entity := range c.declared {
		if _, was := before[entity]; !was && w.model[entity] != nil {
			w.TB.Fatalf("%s failed, and %s, which it made, is still there: %s", what, entity, d.answer.Reason)
		}
	}
	w.tally.add("ends", "replacement undone")
}

// nothingIsBegun reports whether a failed Update has left nothing of the groups that the
// old properties do not declare, of which no later request would know. It proves that so
// it is, unless what was denied stood in the way.
func (w *world) nothingIsBegun(d delivered, c change, before account, old properties) bool {
	for entity := range c.declared {
		_, name, _ := strings.Cut(entity, " ")
		if slices.Contains(nodeNames(old), name) || before[entity].owner() == c.owner || w.model[entity].owner() != c.owner {
			continue
		}
		if undoable(d) {
			w.TB.Fatalf("an Update failed, and %s, which it began, is still its own: %s", entity, d.answer.Reason)
		}
		return false
	}
	return true
}

// undoable reports whether no call was denied that undoing needs.
func undoable(d delivered) bool {
	return !slices.ContainsFunc(d.hits, func(call string) bool { return !making.MatchString(call) })
}

// making matches the calls that no undoing needs.
var making = regexp.MustCompile(`^(Create|Attach|Put|Add|Tag)`)

func (w *world) failed(d delivered, parts ...string) {
	if d.answer.OK() {
		w.TB.Fatalf("SUCCESS, want FAILED with %q (%s hit)", parts, d.hits)
	}
	for _, part := range parts {
		if !strings.Contains(d.answer.Reason, part) {
			w.TB.Fatalf("FAILED, but the Reason does not say %q: %s", part, d.answer.Reason)
		}
	}
}

// refused proves that a refusal names what is in the way. A Reason that is too long for
// an answer is cut, but not before the first.
func (w *world) refused(d delivered, way []string) {
	var names []string
	for _, entity := range way {
		names = append(names, strings.Replace(entity, "profile ", "instance profile ", 1)+" ")
	}
	w.failed(d, "nothing was changed")
	if strings.Contains(d.answer.Reason, " … ") && slices.ContainsFunc(names, func(name string) bool { return strings.Contains(d.answer.Reason, name) }) {
		return
	}
	w.failed(d, names...)
}

// told proves that the attributes are those of what is declared.
func (w *world) told(o op, d delivered, c change) {
	if want := attributes(o.Props, c.declared); !maps.Equal(d.answer.Data, want) {
		w.TB.Fatalf("answered %v, want %v", d.answer.Data, want)
	}
}

// counted notes what has become of what was adopted.
func (w *world) counted(before, after account, request string) {
	for _, entity := range before.names() {
		was, is := before[entity], after[entity]
		switch {
		case was[adoptedTag] == is[adoptedTag]:
		case is == nil:
			w.tally.add("adoption", was[adoptedTag]+" then deleted")
		case was[adoptedTag] == "":
			w.tally.add("adoption", "adopted")
		case is[adoptedTag] == "":
			w.tally.add("adoption", was[adoptedTag]+" then released")
		default:
			w.tally.add("adoption", was[adoptedTag]+" then "+is[adoptedTag])
		}
	}
}
