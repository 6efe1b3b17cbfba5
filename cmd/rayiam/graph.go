package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/afterapply"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/setgraph"
)

func (a *app) graph() *cobra.Command {
	var (
		f      setFlags
		format string
	)
	c := &cobra.Command{
		Use:   "graph (OWNER | --stack-name NAME | --properties FILE)",
		Short: "Draw a set: head, worker groups, and what each may do to what",
		Long: `graph draws one set for a review or a wiki: the head, the worker groups, and what each
may do to what.

OWNER is the physical id of a resource, which its roles carry in the tag ray-iam:owner:
then the set is drawn as it is in IAM. With --stack-name or --properties it is drawn as
it is declared.`,
		Example: `  rayiam graph ray-b9e057b95982
  rayiam graph --stack-name ray --format svg >set.svg
  rayiam graph --properties properties.yaml --account 123456789012 --region eu-west-1`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			g, err := a.draw(c.Context(), f, args)
			if err != nil {
				return err
			}
			switch format {
			case "mermaid":
				return a.print(g, func(planview.Paint) string { return g.Mermaid() })
			case "svg":
				return a.print(g, func(planview.Paint) string { return g.SVG() })
			}
			return fmt.Errorf("--format %q: want mermaid or svg", format)
		},
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "mermaid", "mermaid or svg")
	return c
}

var errNoSet = errors.New("name a set: OWNER, --stack-name or --properties, one of them")

func (a *app) draw(ctx context.Context, f setFlags, args []string) (setgraph.Graph, error) {
	if declared := f.stackName+f.properties != ""; declared == (len(args) == 1) {
		return setgraph.Graph{}, errNoSet
	}
	if len(args) == 1 {
		return a.drawObserved(ctx, args[0])
	}
	var values afterapply.Values
	d, err := a.declaredSet(ctx, f, &values)
	if err != nil {
		return setgraph.Graph{}, err
	}
	nodes := d.Nodes("")
	for i := range nodes {
		for name, document := range nodes[i].InlinePolicies {
			nodes[i].InlinePolicies[name] = values.Show(document)
		}
		for j, arn := range nodes[i].ManagedPolicyARNs {
			nodes[i].ManagedPolicyARNs[j] = values.Show(arn)
		}
	}
	return setgraph.New("Set "+d.properties.NamePrefix+", as declared", nodes)
}

func (a *app) drawObserved(ctx context.Context, owner string) (setgraph.Graph, error) {
	cfg, err := a.awsConfig(ctx)
	if err != nil {
		return setgraph.Graph{}, err
	}
	ctx, cancel := a.withTimeout(ctx)
	defer cancel()
	done := a.progress("reading the set of " + owner)
	nodes, err := a.observed(ctx, cfg, owner)
	done()
	if err != nil {
		return setgraph.Graph{}, explained(ctx, err)
	}
	return setgraph.New("Set of "+owner+", as it is in IAM", nodes)
}

// ownerDigits are those that end a physical id, with the hyphen before them.
const ownerDigits = 13

// observed reads the roles of an owner, the head first.
func (a *app) observed(ctx context.Context, cfg aws.Config, owner string) ([]rayiam.Node, error) {
	if len(owner) <= ownerDigits {
		return nil, fmt.Errorf("%q is no physical id of a Custom::RayIAM: want one such as ray-b9e057b95982 (aws cloudformation describe-stack-resources shows it)", owner)
	}
	prefix := owner[:len(owner)-ownerDigits]
	sync := iamsync.New(iamsync.NewClient(cfg, 0), iamsync.Patience{}, nil, a.logger())
	names, err := sync.RoleNames(ctx, prefix+"-")
	if err != nil {
		return nil, err
	}
	seen, err := observe(ctx, sync, names, nil)
	if err != nil {
		return nil, err
	}
	documents := map[string][]string{}
	for name, role := range seen.Roles {
		if role.Tags[rayiam.OwnerTag] == owner {
			documents[name] = slices.Sorted(maps.Keys(role.InlinePolicies))
		}
	}
	if len(documents) == 0 {
		return nil, fmt.Errorf("no role of this account begins with %s- and has the tag %s=%s: check the id, --profile", prefix, rayiam.OwnerTag, owner)
	}
	if seen, err = observe(ctx, sync, slices.Sorted(maps.Keys(documents)), documents); err != nil {
		return nil, err
	}
	return nodes(seen, rayiam.HeadName(prefix)), nil
}

func observe(ctx context.Context, sync *iamsync.Sync, names []string, documents map[string][]string) (rayiam.Observed, error) {
	var lookups []rayiam.Lookup
	for _, name := range names {
		lookups = append(lookups, rayiam.Lookup{Name: name, Expected: true, Documents: documents[name]})
	}
	seen, _, err := sync.Observe(ctx, lookups, nil)
	return seen, err
}

// nodes returns observed roles, the head first, then by their names.
func nodes(o rayiam.Observed, head string) []rayiam.Node {
	var list []rayiam.Node
	for _, name := range slices.SortedFunc(maps.Keys(o.Roles), func(x, y string) int {
		if (x == head) != (y == head) {
			return map[bool]int{true: -1, false: 1}[x == head]
		}
		return strings.Compare(x, y)
	}) {
		role := o.Roles[name]
		list = append(list, rayiam.Node{Name: role.Name, Path: role.Path, PermissionsBoundary: role.PermissionsBoundary, ManagedPolicyARNs: role.ManagedPolicyARNs, InlinePolicies: role.InlinePolicies})
	}
	return list
}
