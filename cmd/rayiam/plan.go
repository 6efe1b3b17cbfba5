package main

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// planFlags choose the request to plan.
type planFlags struct {
	event, properties, old string // files
	changeSet, logicalID   string
	delete                 bool
	bounds                 string
	place
}

// plans is the JSON that `rayiam plan --output json` prints.
type plans struct {
	Plans []planview.View `json:"plans"`
}

func (a *app) plan() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan (--event FILE | --properties FILE | --stack-name NAME --change-set NAME)",
		Short: "Show what a request would create, change, adopt, release and delete",
		Long: `plan shows what the provider's function would do for a request, by the function's own
code: what it would create, change, adopt, release and delete, which conflicts prevent it,
and which properties it would refuse. It writes nothing.

The request is an event of CloudFormation's in a file; or a file of properties, in YAML
or JSON, as a resource of --stack-name or of a stack that does not exist; or a change
set. A value of a change set that is known only after apply is shown as such.

The bounds of the provider's administrator are read from the function that ServiceToken
names. If the function cannot be read, a note says so, and the bounds are read from the
environment (RAYIAM_NAME_PREFIX and the other variables).`,
		Example: `  rayiam plan --stack-name ray --change-set add-gpu-workers
  rayiam plan --properties properties.yaml --stack-name ray
  rayiam plan --properties properties.yaml --stack-name ray --delete
  rayiam plan --event events/create.json --output json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runPlan(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.event, "event", "", "file with an event; - for standard input")
	flags.StringVar(&f.properties, "properties", "", "file with properties, YAML or JSON; - for standard input")
	flags.StringVar(&f.old, "old-properties", "", "file with the resource's present properties, for groups that are removed")
	flags.StringVar(&f.stackName, "stack-name", "", "the stack")
	flags.StringVar(&f.changeSet, "change-set", "", "a change set of the stack, by its name or ARN")
	flags.StringVar(&f.logicalID, "logical-id", "", "the resource in the stack (default every Custom::RayIAM of a change set, RayIAM for properties)")
	flags.BoolVar(&f.delete, "delete", false, "plan the Delete of the resource with these properties")
	flags.StringVar(&f.account, "account", "", "account of a stack that does not exist (default the credentials' account)")
	flags.StringVar(&f.bounds, "bounds-from", "function", "where the administrator's bounds are read: function or environment")
	c.MarkFlagsOneRequired("event", "properties", "change-set")
	c.MarkFlagsMutuallyExclusive("event", "properties", "change-set")
	return c
}

func (a *app) runPlan(ctx context.Context, f planFlags) error {
	if f.bounds != "function" && f.bounds != "environment" {
		return wants("bounds-from", f.bounds, "function or environment")
	}
	cfg, err := a.awsConfig(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(ctx)
	defer cancel()
	done := a.progress("asking AWS")
	views, err := a.planned(ctx, cfg, f)
	done()
	if err != nil {
		return err
	}
	if err := a.print(plans{views}, func(paint planview.Paint) string { return planTexts(views, paint) }); err != nil {
		return err
	}
	var result error
	for _, v := range views {
		switch {
		case !v.Possible():
			return errPrinted
		case !v.Summary.Empty():
			result = errSomething
		}
	}
	return result
}

// planned returns the plans of every chosen request.
func (a *app) planned(ctx context.Context, cfg aws.Config, f planFlags) ([]planview.View, error) {
	requests, err := a.requests(ctx, cfg, f)
	if err != nil {
		return nil, err
	}
	var views []planview.View
	for _, r := range requests {
		if err := a.sameAccount(ctx, cfg, stackOf(r)); err != nil {
			return nil, err
		}
		one, err := a.planOne(ctx, cfg, r, f.bounds)
		if err != nil {
			return nil, err
		}
		views = append(views, one...)
	}
	return views, nil
}

func planTexts(views []planview.View, paint planview.Paint) string {
	var texts []string
	for _, v := range views {
		texts = append(texts, v.Text(paint))
	}
	return strings.Join(texts, "\n")
}

// oldSet returns the Delete that CloudFormation sends after a replacement.
func oldSet(r customresource.Request) customresource.Request {
	r.Type, r.Properties, r.OldProperties = cfn.RequestDelete, r.OldProperties, nil
	return r
}

// functionARN returns the ARN of the function that a request goes to, empty if it is not
// known.
func functionARN(r customresource.Request) string {
	if strings.Contains(r.ServiceToken, ":lambda:") {
		return r.ServiceToken
	}
	return ""
}

// explained adds advice to the error of a plan that ran out of time.
func explained(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return noAnswerInTime(err)
	}
	return err
}

// refused reports whether the template causes an error of a plan.
func refused(err error) bool {
	refusal, ok := errors.AsType[interface {
		error
		Refused() bool
	}](err)
	return ok && refusal.Refused()
}

// stackOf returns the stack of a request, for placeholders in its account.
func stackOf(r customresource.Request) rayiam.Stack {
	stack, _ := rayiam.ParseStackID(r.StackID) // a plan refuses any other
	return stack
}
