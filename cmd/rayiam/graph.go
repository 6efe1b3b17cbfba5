package main

import (
	"context"
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
		Short: "Draw a set: head, worker groups, and their permissions",
		Long: `graph draws one set for a review or a wiki: the head, the worker groups, and the
permissions of each.

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
			return wants("format", format, "mermaid or svg")
		},
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "mermaid", "mermaid or svg")
	return c
}

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

// observed reads the roles of an owner, the head first.
func (a *app) observed(ctx context.Context, cfg aws.Config, owner string) ([]rayiam.Node, error) {
	prefix, ok := rayiam.OwnerNamePrefix(owner)
	if !ok {
		return nil, noOwner(owner)
	}
	inventory := iamsync.NewInventory(cfg, 0, a.logger())
	var names []string
	err := inventory.Roles(ctx, "", func(found iamsync.Listed) {
		if strings.HasPrefix(found.Name, prefix+"-") {
			names = append(names, found.Name)
		}
	})
	if err != nil {
		return nil, err
	}
	roles, err := inventory.ReadRoles(ctx, names)
	if err != nil {
		return nil, err
	}
	var list []rayiam.Node
	for _, role := range roles {
		if role == nil || role.Tags[rayiam.OwnerTag] != owner {
			continue
		}
		managed, inline, err := inventory.ReadPolicies(ctx, role.Name)
		if err != nil {
			return nil, err
		}
		list = append(list, rayiam.Node{Name: role.Name, Path: role.Path, PermissionsBoundary: role.PermissionsBoundary, ManagedPolicyARNs: managed, InlinePolicies: inline})
	}
	if len(list) == 0 {
		return nil, noRoles(prefix, owner)
	}
	headFirst(list, rayiam.HeadName(prefix))
	return list, nil
}

// headFirst sorts nodes by their names, the head before the others.
func headFirst(list []rayiam.Node, head string) {
	slices.SortFunc(list, func(x, y rayiam.Node) int {
		if (x.Name == head) != (y.Name == head) {
			return map[bool]int{true: -1, false: 1}[x.Name == head]
		}
		return strings.Compare(x.Name, y.Name)
	})
}
