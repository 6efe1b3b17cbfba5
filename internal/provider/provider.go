// Package provider is Custom::RayIAM: it turns a request into the state that it
// asks for and lets IAM converge to it. Create, Update and Delete are one motion
// with different desired states.
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
	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// A Provider implements customresource.Resource.
type Provider struct {
	aws     aws.Config
	checker *properties.Checker
	bounds  rayiam.Bounds
	stacks  *stackresource.Reader
}

// New returns a Provider that reaches IAM as cfg says and stays within bounds. The
// error is of the embedded schema.
func New(cfg aws.Config, bounds rayiam.Bounds) (*Provider, error) {
	checker, err := properties.NewChecker()
	if err != nil {
		return nil, fmt.Errorf("compiling the schema of the properties: %w", err)
	}
	return &Provider{aws: cfg, checker: checker, bounds: bounds, stacks: stackresource.NewReader(cfg)}, nil
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

// Reconcile brings IAM to the state that r asks for.
func (p *Provider) Reconcile(ctx context.Context, r customresource.Request, functionARN string, log *slog.Logger) (customresource.Outcome, error) {
	goal, err := p.goal(r, functionARN)
	if err != nil {
		return customresource.Outcome{}, fmt.Errorf("nothing was changed: %w", err)
	}
	log.Info("checked", "physicalId", goal.outcome.PhysicalID, "nodes", len(goal.desired.Nodes), "removals", len(goal.desired.Removals))
	work := p.work(r, goal, log)
	if err = work.do(ctx, goal); err != nil {
		work.sync.AwaitShown(ctx) // to the request that takes it back
	}
	effort := work.summarize()
	if err != nil {
		return customresource.Outcome{Effort: effort}, err
	}
	goal.outcome.Effort = effort
	return goal.outcome, nil
}

func (p *Provider) work(r customresource.Request, g goal, log *slog.Logger) *work {
	now := time.Now()
	w := &work{sync: iamsync.New(p.aws, log), log: log, start: now}
	w.watch = &watch{request: r, owner: g.desired.Owner, replacement: g.replacement, issued: r.Issued(now), log: log,
		ask: func(ctx context.Context) (stackresource.State, error) {
			return p.stacks.Read(ctx, r.StackID, r.LogicalID)
		},
	}
	w.sync.Doubt = w.watch.doubt
	return w
}
