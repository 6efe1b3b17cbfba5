package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// lookFlags choose the sets of a look.
type lookFlags struct {
	namePrefix, path string
	callsPerSecond   int
	owner            string // an argument; empty for all
}

func (f *lookFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.namePrefix, "name-prefix", "", "look only at roles and instance profiles whose names begin with this")
	c.Flags().StringVar(&f.path, "path", "", "look only at roles and instance profiles of this IAM path")
	c.Flags().IntVar(&f.callsPerSecond, "calls-per-second", 0, "most calls to IAM each second (default no limit)")
}

// lookTimeout is how long a look at all sets may take without --timeout: enough for thousands
// of sets, and a second for each orphaned set.
const lookTimeout = 30 * time.Minute

// A listedSet is one set in the JSON of list, drift and orphans.
type listedSet struct {
	Owner    string         `json:"owner"`
	StackID  string         `json:"stackId"`
	Belongs  string         `json:"belongs"`          // in stack, in flight, orphaned, unasked
	Reason   string         `json:"reason,omitempty"` // why it is orphaned or unasked
	State    drift.State    `json:"state"`            // settled, drifted, unknown
	Created  time.Time      `json:"created"`          // when its oldest role or instance profile was
	Entities []listedEntity `json:"entities"`

	belongs supersede.Belonging
}

// A listedEntity is a role or an instance profile of a set.
type listedEntity struct {
	Kind    drift.Kind     `json:"kind"`
	Name    string         `json:"name"`
	State   drift.State    `json:"state"`
	Differs []rayiam.Facet `json:"differs,omitempty"` // facets, if it has drifted
}

// The words for the relation of a set to its stack.
var belongings = map[supersede.Belonging]string{
	supersede.Unasked: "unasked", supersede.InStack: "in stack", supersede.InFlight: "in flight", supersede.Orphaned: "orphaned",
}

// Why a set is orphaned.
const (
	stackGone    = "the stack does not exist any more"
	stackWithout = "the stack does not have the resource any more"
)

// A reading is a look at sets, and its results so far.
type reading struct {
	look    *drift.Look
	stacks  *stackresource.Reader
	seen    int // sets
	unasked unasked
}

// reading returns a look that has not begun. The error says that the owner is not a physical
// id.
func (a *app) reading(cfg aws.Config, f lookFlags) (*reading, error) {
	if _, ok := rayiam.OwnerNamePrefix(f.owner); f.owner != "" && !ok {
		return nil, noOwner(f.owner)
	}
	stacks := stackresource.NewReader(cfg)
	return &reading{stacks: stacks, unasked: unasked{}, look: &drift.Look{
		Inventory: iamsync.NewInventory(cfg, f.callsPerSecond, a.logger()), Stacks: stacks,
		NamePrefix: f.namePrefix, Path: f.path, Owner: f.owner,
	}}, nil
}

// sets yields each set as soon as it has been read. An error ends it: IAM's error, or that the
// owner has no set. At the end, a note names the sets for which CloudFormation could not be
// asked.
func (a *app) sets(ctx context.Context, r *reading) iter.Seq2[listedSet, error] {
	return func(yield func(listedSet, error) bool) {
		var doing atomic.Pointer[string]
		say := func(format string, args ...any) { text := fmt.Sprintf(format, args...); doing.Store(&text) }
		say("listing roles and instance profiles")
		r.look.Progress = func(read, names int) { say("reading roles and instance profiles, %d of %d names", read, names) }
		shown := a.progressOf(func() string { return *doing.Load() })
		err := r.each(ctx, func(set listedSet) (more bool) {
			say("reading policies and asking CloudFormation, %d of %d sets", r.seen, len(r.look.Owners))
			shown.without(func() { more = yield(set, nil) })
			return more
		})
		if shown.done(); err != nil {
			yield(listedSet{}, err)
			return
		}
		r.unasked.note(a)
	}
}

// each calls found for each set, while that returns true.
func (r *reading) each(ctx context.Context, found func(listedSet) (more bool)) error {
	for set, err := range r.look.Sets(ctx) {
		if err != nil {
			return explained(ctx, err)
		}
		r.seen++
		listed := listed(ctx, r.stacks, set)
		r.unasked.add(listed)
		if !found(listed) {
			return nil
		}
	}
	if r.seen == 0 && r.look.Owner != "" {
		return noEntities(r.look.Owner)
	}
	return nil
}

// listed returns a set as it is printed. For an orphaned set, it asks CloudFormation whether
// the stack still exists.
func listed(ctx context.Context, stacks *stackresource.Reader, s drift.Set) listedSet {
	set := listedSet{Owner: s.Owner, StackID: s.Stack, Belongs: belongings[s.Belongs], State: s.State(), Created: s.Created, belongs: s.Belongs}
	for _, e := range s.Entities {
		set.Entities = append(set.Entities, listedEntity{e.Kind, e.Name, e.State, e.Differs})
	}
	switch {
	case s.Belongs == supersede.Orphaned:
		set.Reason = stackWithout
		if stack, err := stacks.Stack(ctx, s.Stack); errors.Is(err, stackresource.ErrNoStack) || stack.Status == "DELETE_COMPLETE" {
			set.Reason = stackGone
		}
	case s.Asking != nil:
		set.Reason = s.Asking.Error()
	}
	return set
}

// drifted reports whether somebody else has changed the set. A set in flight has not drifted:
// the request may still add missing entities.
func (s listedSet) drifted() bool {
	return s.State == drift.Drifted && s.belongs != supersede.InFlight
}

// names returns the names of the set's roles and instance profiles: the head's name, then the
// worker groups' names, sorted.
func (s listedSet) names() []string {
	var names []string
	for _, e := range s.Entities {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	prefix, _ := rayiam.OwnerNamePrefix(s.Owner)
	if i := slices.Index(names, rayiam.HeadName(prefix)); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, rayiam.HeadName(prefix))
	}
	return names
}

// stack returns the name and Region of a set's stack, as far as the stack's id shows them.
func (s listedSet) stack() string {
	stack, err := rayiam.ParseStackID(s.StackID)
	switch {
	case s.StackID == "":
		return "unknown"
	case err != nil:
		return s.StackID
	}
	return strings.Split(s.StackID, "/")[1] + " (" + stack.Region + ")"
}

// looking runs a command that looks at sets, with the configuration of AWS and the look's
// timeout.
func (a *app) looking(c *cobra.Command, do func(context.Context, aws.Config) error) error {
	if !c.Flags().Changed("timeout") {
		a.timeout = lookTimeout
	}
	cfg, err := a.awsConfig(c.Context())
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(c.Context())
	defer cancel()
	return do(ctx, cfg)
}

// unasked has, for each reason why CloudFormation could not be asked, the first set and the
// number of sets.
type unasked map[string]struct {
	first string
	sets  int
}

func (u unasked) add(s listedSet) {
	if s.belongs != supersede.Unasked {
		return
	}
	of := u[s.Reason]
	if of.sets++; of.sets == 1 {
		of.first = s.Owner
	}
	u[s.Reason] = of
}

// note prints, once for each reason, for which sets CloudFormation could not be asked.
func (u unasked) note(a *app) {
	for _, reason := range slices.Sorted(maps.Keys(u)) {
		sets := u[reason].first
		if more := u[reason].sets - 1; more > 0 {
			sets = fmt.Sprintf("%s and %d more", sets, more)
		}
		a.note("it cannot be told whether a stack still has %s: %s", sets, reason)
	}
}
