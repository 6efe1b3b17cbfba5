// Package provider is Custom::RayIAM: it turns a request into a desired state and brings IAM
// to this state. Create, Update and Delete run the same code and differ only in the desired
// state.
//
// intent.go derives the desired state, reconcile.go brings IAM to it, instances.go refuses to
// delete profiles that instances still use, rollback.go rolls back a request that failed or
// was abandoned, rollingback.go lets a rollback of CloudFormation go on that would be refused,
// and run.go puts them in order. Package supersede decides what a superseded or abandoned
// request does.
package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/instances"
	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A Provider implements customresource.Resource.
type Provider struct {
	iam      *iamsync.Client
	checker  *properties.Checker
	bounds   rayiam.Bounds
	patience iamsync.Patience
	verify   bool
	stacks   *stackresource.Reader
	refusals refusals

	instances     *instances.Reader // nil if EC2 is not to be asked
	regions       []string
	failedCreates failedCreates
	afterApply    func(string) bool
}

// New returns a Provider that reaches IAM as cfg says, and whose process has just started. The
// error says that the embedded schema cannot be used.
func New(cfg aws.Config, settings Settings) (*Provider, error) {
	checker, err := properties.NewChecker()
	if err != nil {
		return nil, fmt.Errorf("compiling the schema of the properties: %w", err)
	}
	p := &Provider{
		iam: iamsync.NewClient(cfg, settings.PolicyMemory), checker: checker, bounds: settings.Bounds, stacks: stackresource.NewReader(cfg),
		verify: settings.VerifyRequests, patience: iamsync.Patience{Time: settings.DenialPatience, Started: time.Now()},
		regions: settings.Regions, afterApply: settings.AfterApply,
	}
	if settings.CheckInstances {
		p.instances = instances.New(cfg)
	}
	return p, nil
}

// PhysicalID returns the id of the resource that r declares. It is defined for
// properties of any form: a NamePrefix that cannot be one counts as the default.
func (p *Provider) PhysicalID(r customresource.Request) string {
	return rayiam.PhysicalID(p.namePrefix(r.Properties), r.StackID, r.LogicalID)
}

// namePrefix reads the one property that the physical id depends on.
func (p *Provider) namePrefix(raw json.RawMessage) string {
	props, faults := p.checker.Read(raw)
	for _, fault := range faults {
		if fault.Path == "NamePrefix" {
			return rayiam.DefaultNamePrefix
		}
	}
	return props.NamePrefix
}

// Reconcile brings IAM to the desired state of r.
func (p *Provider) Reconcile(ctx context.Context, r customresource.Request, functionARN string, log *slog.Logger) (outcome customresource.Outcome, err error) {
	rollback := p.refusals.rollsBack(r)
	in, err := p.intent(r, functionARN)
	made := false
	defer func() { p.failedCreates.note(r, in.desired.Owner, made, err) }()
	if err != nil {
		err = nothingChanged(err)
	} else {
		log.Info("checked", "intent", in.kind.String(), "nodes", len(in.desired.Nodes), "removals", len(in.desired.Removals))
		w := p.newRun(r, in, log)
		w.afterRefusal = rollback
		if err = w.do(ctx); err != nil {
			w.sync.AwaitShown(ctx) // to the request that CloudFormation sends next
		}
		made = w.wrote && !w.first.Has(in.desired.Owner)
		in.outcome.Effort, in.outcome.Warnings = w.summarize(), w.warnings
		if w.wrote && err != nil {
			return effortOf(in.outcome), err
		}
	}
	switch {
	case err == nil:
		return in.outcome, nil
	case rollback && isRefusal(err):
		log.Warn("nothing to roll back: the previous update was refused and changed nothing", slog.String("error", err.Error()))
		in.outcome.PhysicalID = r.PhysicalID
		return in.outcome, nil
	}
	p.refusals.add(r, err)
	return effortOf(in.outcome), err
}

// effortOf returns the parts of an outcome that are kept when the request fails.
func effortOf(o customresource.Outcome) customresource.Outcome {
	return customresource.Outcome{Effort: o.Effort, Warnings: o.Warnings}
}

func (p *Provider) newRun(r customresource.Request, in intent, log *slog.Logger) *run {
	watch := supersede.New(r, in.kind, in.desired.Owner, p.stacks, log)
	reconciler := newReconciler(iamsync.New(p.iam, p.patience, watch, log), log)
	reconciler.isOrphaned = func(ctx context.Context, owner, stackID string) bool {
		orphaned, err := supersede.IsOrphaned(ctx, p.stacks, r, owner, stackID, log)
		if err != nil {
			log.Warn("cannot tell whether a set is orphaned, so it counts as owned", "owner", owner, slog.String("error", err.Error()))
		}
		return orphaned
	}
	reconciler.rollingBack = p.asksRollingBack(r, log)
	w := &run{intent: in, watch: watch, reconciler: reconciler, verify: p.verify}
	if p.instances != nil {
		w.useEC2(p)
	}
	return w
}
