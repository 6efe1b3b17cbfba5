package main

import (
	"context"
	"errors"
	"fmt"
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

// lookFlags say which sets are looked at.
type lookFlags struct {
	namePrefix, path string
	callsPerSecond   int
	owner            string // an argument; empty for all
}

func (f *lookFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.namePrefix, "name-prefix", "", "look only at roles and instance profiles whose names begin so")
	c.Flags().StringVar(&f.path, "path", "", "look only at those of this IAM path")
	c.Flags().IntVar(&f.callsPerSecond, "calls-per-second", 0, "calls to IAM, at the most (default no limit)")
}

// lookTimeout is how long a look at all sets may take where --timeout does not say: thousands
// of sets, and a second for each that is orphaned.
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
	Differs []rayiam.Facet `json:"differs,omitempty"` // facets, where it is drifted
}

// The words for what CloudFormation says of a set.
var belongings = map[supersede.Belonging]string{
	supersede.Unasked: "unasked", supersede.InStack: "in stack", supersede.InFlight: "in flight", supersede.Orphaned: "orphaned",
}

// Why a set is orphaned.
const (
	stackGone    = "the stack does not exist any more"
	stackWithout = "the stack does not have the resource any more"
)

// sets looks at the sets of the account. The error is IAM's, or says that there is no set of
// the owner.
func (a *app) sets(ctx context.Context, cfg aws.Config, f lookFlags) ([]listedSet, error) {
	if _, ok := rayiam.OwnerNamePrefix(f.owner); f.owner != "" && !ok {
		return nil, fmt.Errorf(errNoOwner, f.owner)
	}
	stacks := stackresource.NewReader(cfg)
	look := &drift.Look{
		Inventory: iamsync.NewInventory(cfg, f.callsPerSecond, a.logger()), Stacks: stacks,
		NamePrefix: f.namePrefix, Path: f.path, Owner: f.owner,
	}
	var doing atomic.Pointer[string]
	say := func(format string, args ...any) { text := fmt.Sprintf(format, args...); doing.Store(&text) }
	say("listing roles and instance profiles")
	look.Progress = func(read, names int) { say("reading roles and instance profiles, %d of %d names", read, names) }
	done := a.progressOf(func() string { return *doing.Load() })
	defer done()
	list := []listedSet{}
	for set, err := range look.Sets(ctx) {
		if err != nil {
			return nil, explained(ctx, err)
		}
		list = append(list, listed(ctx, stacks, set))
		say("reading policies and asking CloudFormation, %d sets", len(list))
	}
	if len(list) == 0 && f.owner != "" {
		return nil, fmt.Errorf("no role or instance profile of this account has the tag %s=%s: check the id, --profile", rayiam.OwnerTag, f.owner)
	}
	return list, nil
}

// listed returns a set as it is printed. Of one that is orphaned, CloudFormation is asked
// whether there is still a stack.
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

// drifted reports whether somebody else has changed the set. One that a request is changing
// is not: what it lacks may be on its way.
func (s listedSet) drifted() bool {
	return s.State == drift.Drifted && s.belongs != supersede.InFlight
}

// names returns the names of the set's roles and instance profiles: the head's, then those of
// the worker groups, sorted.
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

// stack shows the stack of a set: its name and Region, where its id tells.
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

// looking carries out a command that looks at sets: with AWS found, and with the time that a
// look may take.
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

// noteUnasked says, once for each reason, of which sets CloudFormation could not be asked.
func (a *app) noteUnasked(sets []listedSet) {
	owners := map[string][]string{}
	var reasons []string
	for _, s := range sets {
		if s.belongs == supersede.Unasked {
			if owners[s.Reason] == nil {
				reasons = append(reasons, s.Reason)
			}
			owners[s.Reason] = append(owners[s.Reason], s.Owner)
		}
	}
	for _, reason := range reasons {
		a.note("it cannot be told whether a stack still has %s: %s", someOf(owners[reason]), reason)
	}
}

// someOf names the first of a list, and says how many more there are.
func someOf(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return fmt.Sprintf("%s and %d more", list[0], len(list)-1)
}
