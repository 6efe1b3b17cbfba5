package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	customrayiam "github.com/ray-iam/custom-rayiam"
	"github.com/ray-iam/custom-rayiam/internal/deployed"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/templatepolicy"
)

// A rolePolicies is the JSON that `rayiam policy --output json` prints.
type rolePolicies struct {
	Role              string           `json:"role,omitempty"` // its name, or the logical id in its template; empty for a launcher
	TrustPolicy       json.RawMessage  `json:"trustPolicy,omitempty"`
	ManagedPolicyARNs []string         `json:"managedPolicyArns,omitzero"`
	Policies          []policyDocument `json:"policies"`
}

type policyDocument struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"` // inline, managed
	Document json.RawMessage `json:"document"`
}

// The types of policies.
const (
	inlineType  = "inline"
	managedType = "managed"
)

func (a *app) policy() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Print the policies of a role, before it is deployed",
		Long: `policy prints the trust policy and the policies of one role as they would be deployed: the
role of a head or a worker group for given properties, or the role of the provider's
function or of Service Catalog's launches for given parameters of their templates. For
whoever runs ray up, it prints the policies that examples/launcher.yaml makes.

With --name it prints the document of one policy and nothing else.`,
		Example: `  rayiam policy head --properties properties.yaml --account 123456789012 --region eu-west-1
  rayiam policy execution --parameter NamePrefix=ml --account 123456789012 --region eu-west-1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.nodePolicy("head", "Print the policies of the head's role"),
		a.nodePolicy("worker", "Print the policies of a worker group's role"),
		a.launcherPolicy(),
		a.templatePolicy("execution", "Print the policies of the role that the provider's function runs with", "template.yaml", "ExecutionRole", customrayiam.Provider),
		a.templatePolicy("launch-role", "Print the policies of the role that Service Catalog launches with", "examples/service-catalog.yaml", "LaunchRole", customrayiam.ServiceCatalog),
	)
	return c
}

// policyFlags are the flags of every policy command.
type policyFlags struct {
	place
	name       string
	properties string   // of head and worker
	group      string   // of worker
	parameters []string // of the roles in templates
}

func (f *policyFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.account, "account", "", "account of the policies (default the credentials' account)")
	c.Flags().StringVar(&f.partition, "partition", "", "partition of the policies (default the Region's partition)")
	c.Flags().StringVar(&f.name, "name", "", "print the document of this policy alone; trust-policy for the role's trust policy")
}

func (a *app) nodePolicy(node, short string) *cobra.Command {
	var f policyFlags
	c := &cobra.Command{
		Use:     node,
		Short:   short,
		Example: "  rayiam policy " + node + " --properties properties.yaml --account 123456789012 --region eu-west-1",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			declared, err := a.declaration(c.Context(), f.properties, f.place)
			if err != nil {
				return err
			}
			role, err := declared.policies(node, f.group)
			if err != nil {
				return err
			}
			return a.printPolicies(role, f.name)
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.properties, "properties", "", "file with properties, YAML or JSON; - for standard input (default no properties)")
	if node == "worker" {
		c.Flags().StringVar(&f.group, "group", "", "name of the worker group (default the first)")
	}
	return c
}

func (a *app) templatePolicy(use, short, file, role string, template []byte) *cobra.Command {
	var f policyFlags
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Long: short + ",\nas " + file + " has them. A value that only a deployment has is shown as ${LogGroup.Arn}.\n" +
			"The template is the one of this command's version.",
		Example: "  rayiam policy " + use + " --account 123456789012 --region eu-west-1",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.stackName = "ray-iam"
			stack, err := a.stack(c.Context(), f.place)
			if err != nil {
				return err
			}
			parameters, err := assignments(f.parameters)
			if err != nil {
				return err
			}
			read, err := templatepolicy.Read(template, role, parameters, deployed.PseudoParameters(stack.Partition, stack.Region, stack.Account, f.stackName, stack.ID))
			if err != nil {
				return fmt.Errorf("reading %s (--parameter): %w", file, err)
			}
			return a.printPolicies(ofTemplate(role, read), f.name)
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&f.parameters, "parameter", nil, "a parameter of the template, as Name=value; may be repeated")
	return c
}

// assignments reads parameters given as Name=value. A value may have commas.
func assignments(list []string) (map[string]string, error) {
	parameters := map[string]string{}
	for _, one := range list {
		name, value, ok := strings.Cut(one, "=")
		if !ok {
			return nil, wants("parameter", one, "Name=value")
		}
		parameters[name] = value
	}
	return parameters, nil
}

func ofTemplate(role string, read templatepolicy.Role) rolePolicies {
	printed := rolePolicies{Role: role, TrustPolicy: json.RawMessage(read.TrustPolicy), ManagedPolicyARNs: []string{}}
	for _, p := range read.Policies {
		kind := inlineType
		if p.Managed {
			kind = managedType
		}
		printed.Policies = append(printed.Policies, policyDocument{p.Name, kind, json.RawMessage(p.Document)})
	}
	return printed
}

func ofNode(node rayiam.Node) rolePolicies {
	printed := rolePolicies{Role: node.Name, TrustPolicy: json.RawMessage(node.TrustPolicy), ManagedPolicyARNs: slices.Concat([]string{}, node.ManagedPolicyARNs)}
	for _, name := range slices.Sorted(maps.Keys(node.InlinePolicies)) {
		printed.Policies = append(printed.Policies, policyDocument{name, inlineType, json.RawMessage(node.InlinePolicies[name])})
	}
	return printed
}

// trustPolicyName is the trust policy's name for --name.
const trustPolicyName = "trust-policy"

// printPolicies prints a role, or one of its documents.
func (a *app) printPolicies(r rolePolicies, name string) error {
	if name == "" {
		return a.print(r, func(planview.Paint) string { return r.text() })
	}
	var (
		names     []string
		documents []json.RawMessage
	)
	if r.Role != "" {
		names, documents = append(names, trustPolicyName), append(documents, r.TrustPolicy)
	}
	for _, p := range r.Policies {
		names, documents = append(names, p.Name), append(documents, p.Document)
	}
	i := slices.Index(names, name)
	if i < 0 {
		return noDocument(name, names)
	}
	return a.print(documents[i], func(planview.Paint) string { return planview.Document(string(documents[i])) + "\n" })
}

func (r rolePolicies) text() string {
	var out strings.Builder
	if r.Role != "" {
		fmt.Fprintf(&out, "Role %s\n\nTrust policy:\n%s\n", r.Role, planview.Document(string(r.TrustPolicy)))
	}
	for _, arn := range r.ManagedPolicyARNs {
		fmt.Fprintf(&out, "\nAWS managed or customer managed policy: %s\n", arn)
	}
	for _, p := range r.Policies {
		fmt.Fprintf(&out, "\n%s policy %s:\n%s\n", map[string]string{inlineType: "Inline", managedType: "Customer managed"}[p.Type], p.Name, planview.Document(string(p.Document)))
	}
	return strings.TrimPrefix(out.String(), "\n")
}

// A declaration is the declaration of the properties in a file, in a place.
type declaration struct {
	rayiam.Declaration
	properties rayiam.Properties
	stack      rayiam.Stack
}

// declaration reads properties and checks them as the function does. The error is
// rayiam.Faults if they break a rule.
func (a *app) declaration(ctx context.Context, file string, p place) (declaration, error) {
	raw, err := a.properties(file)
	if err != nil {
		return declaration{}, err
	}
	if p.stackName == "" {
		p.stackName = "new"
	}
	stack, err := a.stack(ctx, p)
	if err != nil {
		return declaration{}, err
	}
	return a.declare(raw, stack)
}

// policies returns the policies of the head or of a worker group.
func (d declaration) policies(node, group string) (rolePolicies, error) {
	nodes := d.Nodes("")
	if node == "head" {
		return ofNode(nodes[0]), nil
	}
	var names []string
	for i, g := range d.properties.WorkerGroups {
		if g.Name == group || group == "" {
			return ofNode(nodes[i+1]), nil
		}
		names = append(names, g.Name)
	}
	return rolePolicies{}, noSuchGroup(group, names)
}
