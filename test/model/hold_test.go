package model

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// frugal proves that a request that changes nothing writes nothing.
func (w *world) frugal(what string, d delivered, before, after account) {
	if writes := w.Proxy.Writes(); len(d.hits) == 0 && len(writes) > 0 && diff(before, after) == "" {
		w.TB.Fatalf("%s has nothing to change, and wrote %s", what, writes)
	} else if len(writes) == 0 {
		w.tally.add("ends", "nothing to write")
	}
}

// endsBetween proves that an operation that did not end leaves a state that it may leave,
// and takes that state into the model. From there, the result of CloudFormation's next
// request is compared exactly again.
func (w *world) endsBetween(what string, before, after account, c change) {
	seen := w.seen()
	if problem := between(before, after, c.own(), seen); problem != "" {
		w.TB.Fatalf("%s did not end, and left what is neither before nor after:\n%s", what, problem)
	}
	w.model = seen
}

// undone proves that a failed replacement has deleted everything that it had made, unless a
// denial prevented that. A set that existed before is not deleted.
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
// old properties do not declare, and which no later request would remove. It proves that
// this is so unless a denial prevented it.
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

// undoable reports whether no call was denied that a rollback needs.
func undoable(d delivered) bool {
	return !slices.ContainsFunc(d.hits, func(call string) bool { return !making.MatchString(call) })
}

// making matches the calls that a rollback does not make.
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

// refused proves that a refusal names the roles and profiles that are in the way. A Reason
// that is too long for an answer is cut, but it names at least the first.
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

// told proves that the attributes are those of the declared properties.
func (w *world) told(o op, d delivered, c change) {
	if want := attributes(o.Props, c.declared); !maps.Equal(d.answer.Data, want) {
		w.TB.Fatalf("answered %v, want %v", d.answer.Data, want)
	}
}

// counted counts what has happened to adopted roles and profiles.
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
