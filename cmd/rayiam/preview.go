package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/afterapply"
	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/deployed"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// planOne returns the plan of a request and, for a replacement, the plan of the Delete that
// follows it.
func (a *app) planOne(ctx context.Context, cfg aws.Config, r customresource.Request, bounds string) ([]planview.View, error) {
	var values afterapply.Values
	checker, err := properties.NewChecker()
	if err != nil {
		return nil, err
	}
	if r.Properties, err = values.Fill(checker, r.Properties, stackOf(r)); err != nil {
		return nil, err
	}
	settings := provider.SettingsFromEnvironment(a.boundsOf(ctx, cfg, r, bounds))
	settings.DenialPatience, settings.AfterApply = 0, values.IsIn
	p, err := provider.New(cfg, settings)
	if err != nil {
		return nil, err
	}
	view, kind, err := a.view(ctx, p, r, &values)
	views := []planview.View{view}
	if err == nil && view.Possible() && kind == supersede.Replacement {
		old, _, deleteErr := a.view(ctx, p, oldSet(r), &afterapply.Values{})
		old.Follows = true
		views, err = append(views, old), deleteErr
	}
	return views, err
}

// view plans one request. An error that the template causes becomes part of the view.
func (a *app) view(ctx context.Context, p *provider.Provider, r customresource.Request, values *afterapply.Values) (planview.View, supersede.Kind, error) {
	preview, err := p.Plan(ctx, r, functionARN(r), a.logger())
	if err != nil && !refused(err) {
		return planview.View{}, preview.Kind, explained(ctx, err)
	}
	view := planview.New(r, preview, err)
	view.AfterApply = values.Paths
	view.Translate(values.Show)
	if strings.HasSuffix(r.StackID, noID) {
		view.NewStack()
	}
	return view, preview.Kind, nil
}

// boundsOf returns the environment that the administrator's bounds are read from.
func (a *app) boundsOf(ctx context.Context, cfg aws.Config, r customresource.Request, from string) func(string) string {
	arn := functionARN(r)
	if from == "environment" || arn == "" {
		return a.getenv
	}
	variables, err := deployed.Environment(ctx, cfg, arn)
	if err != nil {
		a.note("planning without the provider's bounds, but for those in this environment: %v", err)
		return a.getenv
	}
	return func(name string) string { return variables[name] }
}
