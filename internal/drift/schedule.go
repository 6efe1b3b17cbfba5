package drift

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// Settings are the settings of scheduled looks in the function's environment.
type Settings struct {
	NamePrefix     string
	Path           string
	Schedule       string // EventBridge's expression
	CallsPerSecond int    // to IAM, of each look
}

// defaultCallsPerSecond is a small share of IAM's rate limit for an account, which AWS does
// not publish.
const defaultCallsPerSecond = 5

// SettingsFromEnvironment reads RAYIAM_NAME_PREFIX, RAYIAM_PATH, RAYIAM_DRIFT_SCHEDULE and
// RAYIAM_DRIFT_CALLS_PER_SECOND, a whole number from 1 on, 5 if it is not set.
func SettingsFromEnvironment(getenv func(string) string) Settings {
	bounds := rayiam.BoundsFromEnvironment(getenv)
	s := Settings{NamePrefix: bounds.NamePrefix, Path: bounds.Path, Schedule: strings.TrimSpace(getenv("RAYIAM_DRIFT_SCHEDULE")), CallsPerSecond: defaultCallsPerSecond}
	if calls, err := strconv.Atoi(strings.TrimSpace(getenv("RAYIAM_DRIFT_CALLS_PER_SECOND"))); err == nil && calls > 0 {
		s.CallsPerSecond = calls
	}
	return s
}

// ScheduledAt returns the time of an event by which EventBridge asks for a look. It is false
// for any other event, and for any event that has a field of CloudFormation's requests.
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html
func ScheduledAt(payload []byte) (time.Time, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil {
		return time.Time{}, false
	}
	for name := range members {
		for _, requests := range []string{"ResponseURL", "RequestType", "RequestId", "StackId"} {
			if strings.EqualFold(name, requests) {
				return time.Time{}, false
			}
		}
	}
	var event struct {
		Source     string    `json:"source"`
		DetailType string    `json:"detail-type"`
		Time       time.Time `json:"time"`
	}
	if json.Unmarshal(payload, &event) != nil || event.Source != "aws.events" || event.DetailType != "Scheduled Event" {
		return time.Time{}, false
	}
	return event.Time, true
}

// A Schedule carries out scheduled looks.
type Schedule struct {
	AWS      aws.Config
	Settings Settings
	Log      *slog.Logger
	Metrics  *slog.Logger // gets the lines that CloudWatch turns into metrics
}

const (
	// plannedShare is the part of its time, as a divisor, for which a look plans calls to IAM.
	// If all sets have drifted, the look makes twice as many calls. An orphaned set is read
	// twice too, and takes a second more.
	plannedShare = 3

	// lookMargin is the time that a look leaves for logging its results. If a quarter of its
	// time is less, it leaves a quarter.
	lookMargin = 15 * time.Second
)

// Look carries out the look that was scheduled for a time, and logs its results. It returns no
// error: a failure is in the log and in the metrics, and Lambda must not run the event again
// or send it to the failure queue.
func (s *Schedule) Look(ctx context.Context, at time.Time) {
	start := time.Now()
	look := s.look(ctx, Turn(s.Settings.Schedule, at))
	log := s.Log.With("look", at.UTC().Format(time.RFC3339))
	var counts tally
	err := s.each(ctx, look, func(set Set) {
		report(log, set)
		counts.add(set)
	})
	took := finding{
		calls: look.Inventory.Calls(), took: time.Since(start), tally: counts, complete: err == nil,
		attributes: []any{"part", look.Part + 1, "parts", look.Parts, "names", look.Examined, "namesLeftOut", look.LeftOut},
	}
	if err != nil {
		log.Error("look failed", append(took.attributes, "setsSeen", counts.sets[looked], slog.String("error", err.Error()))...)
	} else {
		log.Info("looked", append(took.attributes, "sets", counts.sets[looked], "drifted", counts.sets[drifted], "orphaned", counts.sets[orphaned], "unknown", counts.sets[unknown], "calls", took.calls, "ms", took.took.Milliseconds())...)
	}
	logMetrics(s.Metrics, took)
}

// look returns a look with as many calls as fit into the time of ctx.
func (s *Schedule) look(ctx context.Context, turn int64) *Look {
	look := &Look{
		Inventory:  iamsync.NewInventory(s.AWS, s.Settings.CallsPerSecond, s.Log),
		Stacks:     stackresource.NewReader(s.AWS),
		NamePrefix: s.Settings.NamePrefix, Path: s.Settings.Path, Turn: max(turn, 0),
	}
	if end, ok := ctx.Deadline(); ok {
		look.Calls = max(int(time.Until(end).Seconds())/plannedShare*s.Settings.CallsPerSecond, 1)
	}
	return look
}

// each passes on the sets of a look. The error is IAM's, or says that the time was up, or
// reports a panic.
func (s *Schedule) each(ctx context.Context, look *Look, found func(Set)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("panic", "value", fmt.Sprint(p), "goroutine", string(debug.Stack()))
			err = fmt.Errorf("looking for drift failed in a way that is a bug: panic: %v", p)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if end, ok := ctx.Deadline(); ok { // before Lambda's deadline, so that the results are logged
		ctx, cancel = context.WithDeadline(ctx, end.Add(-min(lookMargin, time.Until(end)/4)))
		defer cancel()
	}
	for set, err := range look.Sets(ctx) {
		if err != nil {
			return err
		}
		found(set)
	}
	return nil
}

// report logs each entity that differs from its declared state, and the set if it is orphaned.
func report(log *slog.Logger, set Set) {
	log = log.With("owner", set.Owner, "stack", set.Stack)
	switch {
	case set.Belongs == supersede.InFlight:
		log.Info("a request is changing the set")
		return
	case set.Belongs == supersede.Orphaned:
		log.Warn("orphaned", "created", set.Created, "entities", len(set.Entities))
	case set.Asking != nil && !errors.Is(set.Asking, context.Canceled):
		log.Warn("cannot tell whether a stack has the set", slog.String("error", set.Asking.Error()))
	}
	for _, e := range set.Entities {
		switch e.State {
		case Drifted:
			for _, facet := range e.Differs {
				log.Warn("drifted", "kind", string(e.Kind), "name", e.Name, "facet", string(facet))
			}
		case Unknown:
			log.Info("unknown", "kind", string(e.Kind), "name", e.Name)
		}
	}
}
