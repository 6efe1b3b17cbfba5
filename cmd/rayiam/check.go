package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/afterapply"
	"github.com/ray-iam/custom-rayiam/internal/clustercheck"
	"github.com/ray-iam/custom-rayiam/internal/deployed"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// setFlags choose a set: a deployed set, or a set that properties declare.
type setFlags struct {
	place
	logicalID, properties string
}

func (f *setFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.stackName, "stack-name", "", "the stack with the set")
	c.Flags().StringVar(&f.logicalID, "logical-id", "", "the set, if the stack has several")
	c.Flags().StringVar(&f.properties, "properties", "", "file with the properties of the set, YAML or JSON, instead of a stack")
	c.Flags().StringVar(&f.account, "account", "", "account of the set (default the credentials' account); with --properties")
	c.MarkFlagsMutuallyExclusive("stack-name", "properties")
}

func (a *app) check() *cobra.Command {
	var (
		f      setFlags
		write  bool
		groups map[string]string
	)
	c := &cobra.Command{
		Use:   "check (--stack-name NAME | --properties FILE) CLUSTER.yaml",
		Short: "Compare a Ray cluster's YAML with what a set permits",
		Long: `check compares the YAML of a Ray cluster with what a set permits, before ray up: the
cluster's name and Region, and for each node type the instance profile, instance type,
subnets, security groups, image, key pair and tags. Each finding says where the fault is,
why it is one, and what to do.

The set is a stack's set, as the stack's template declares it, or the set that a file of
properties would declare. With --write, the ARNs of the instance profiles are filled in;
every other byte of the file, its comments above all, stays as it is.`,
		Example: `  rayiam check --stack-name ray cluster.yaml
  rayiam check --stack-name ray --write --group ray.worker.default=cpu cluster.yaml
  rayiam check --properties properties.yaml --account 123456789012 --region us-east-1 cluster.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := a.set(c.Context(), f)
			if err != nil {
				return err
			}
			set.Groups = groups
			if write {
				if err := a.writeProfiles(args[0], set); err != nil {
					return err
				}
			}
			return a.checkCluster(args[0], set)
		},
	}
	f.add(c)
	c.MarkFlagsOneRequired("stack-name", "properties")
	c.Flags().BoolVar(&write, "write", false, "fill in the ARNs of the instance profiles")
	c.Flags().StringToStringVar(&groups, "group", nil, "worker group of a node type, as NODE_TYPE=GROUP, if its name does not show it; may be repeated")
	return c
}

// set returns the set with which a cluster is compared.
func (a *app) set(ctx context.Context, f setFlags) (clustercheck.Set, error) {
	var values afterapply.Values
	d, err := a.declaredSet(ctx, f, &values)
	if err != nil {
		return clustercheck.Set{}, err
	}
	return clustercheck.Set{Properties: d.properties, Stack: d.stack, Attributes: d.Attributes(), IsUnknown: values.IsIn}, nil
}

// declaredSet returns the declaration that the flags name, with placeholders for values that
// nobody knows.
func (a *app) declaredSet(ctx context.Context, f setFlags, values *afterapply.Values) (declaration, error) {
	if f.stackName == "" {
		return a.declaration(ctx, f.properties, f.place)
	}
	cfg, err := a.awsConfig(ctx)
	if err != nil {
		return declaration{}, err
	}
	ctx, cancel := a.withTimeout(ctx)
	defer cancel()
	done := a.progress("reading stack " + f.stackName)
	found, err := deployed.NewReader(cfg).Declared(ctx, f.stackName, f.logicalID)
	done()
	if err != nil {
		return declaration{}, explained(ctx, err)
	}
	stack, err := rayiam.ParseStackID(found.StackID)
	if err != nil {
		return declaration{}, err
	}
	checker, err := properties.NewChecker()
	if err != nil {
		return declaration{}, err
	}
	raw, err := asDelivered(found.Properties)
	if err != nil {
		return declaration{}, err
	}
	if raw, err = values.Fill(checker, raw, stack); err != nil {
		return declaration{}, unreadableTemplate(f.stackName, err)
	}
	return a.declare(raw, stack)
}

// asDelivered returns properties as CloudFormation delivers them.
func asDelivered(raw json.RawMessage) (json.RawMessage, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return json.Marshal(delivered(v))
}

// checkCluster prints what the cluster needs and the set does not permit.
func (a *app) checkCluster(file string, set clustercheck.Set) error {
	text, err := a.read(file)
	if err != nil {
		return fmt.Errorf("reading the cluster's YAML: %w", err)
	}
	findings, err := clustercheck.Check(text, set)
	if err != nil {
		return err
	}
	if err := a.noteImages(text, set); err != nil {
		return err
	}
	printed := struct {
		Findings []clustercheck.Finding `json:"findings"`
	}{append([]clustercheck.Finding{}, findings...)}
	if err := a.print(printed, func(paint planview.Paint) string { return findingsText(file, findings, paint) }); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errSomething
	}
	return nil
}

// noteImages prints a note with the images of the workers that cannot be checked.
func (a *app) noteImages(text []byte, set clustercheck.Set) error {
	images, err := clustercheck.Images(text, set)
	if err != nil || len(images) == 0 {
		return err
	}
	a.note("%s", imagesNotCompared(images))
	return nil
}

func findingsText(file string, findings []clustercheck.Finding, paint planview.Paint) string {
	if len(findings) == 0 {
		return file + ": the set permits all that this cluster asks for.\n"
	}
	var out strings.Builder
	for _, f := range findings {
		what := f.Path
		if f.Found != "" {
			what += ": " + f.Found
		}
		fmt.Fprintf(&out, "%s:%d: %s\n    why: %s\n    do:  %s\n", file, f.Line, paint('-', what+" "+f.Problem), f.Reason, f.Remedy)
	}
	fmt.Fprintf(&out, "\n%d to correct before ray up.\n", len(findings))
	return out.String()
}

// writeProfiles fills in the instance profiles.
func (a *app) writeProfiles(file string, set clustercheck.Set) error {
	if file == "-" {
		return errWantsFile
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("reading the cluster's YAML: %w", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the cluster's YAML: %w", err)
	}
	written, err := clustercheck.Write(text, set)
	if err != nil {
		return err
	}
	for _, left := range written.Left {
		a.note("%s was not written: %s", left.NodeType, left.Reason)
	}
	if len(written.Changed) == 0 {
		return nil
	}
	if err := os.WriteFile(file, written.Text, info.Mode().Perm()); err != nil {
		return fmt.Errorf("writing the instance profiles: %w", err)
	}
	a.note("wrote the instance profile of %s into %s", strings.Join(written.Changed, ", "), file)
	return nil
}
