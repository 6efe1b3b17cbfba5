package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/afterapply"
	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

func (a *app) launcherPolicy() *cobra.Command {
	var (
		f          setFlags
		parameters []string
		name       string
	)
	c := &cobra.Command{
		Use:   "launcher",
		Short: "Print the policy of whoever runs ray up and ray down",
		Long: `launcher prints the customer managed policy that examples/launcher.yaml makes for whoever
runs ray up and ray down for a cluster, and a second policy if tag keys or KMS keys need
it.

From a set, of a stack or of a file of properties, it takes the ARNs, the Region, and from
the set's LeastPrivilege the cluster's name, CloudWatch, SessionManager, subnets, security
groups, images, key pairs, tag keys and KMS keys. The set's InstanceTypes and Spot are
about workers, so pass the head's values by --parameter. --parameter sets a parameter of
the template by its name, and takes precedence over the set.`,
		Example: `  rayiam policy launcher --stack-name ray
  rayiam policy launcher --stack-name ray --parameter InstanceTypes=m6i.xlarge --parameter Spot=true
  rayiam policy launcher --region eu-west-1 --parameter ClusterName=research \
    --parameter HeadRoleArn=arn:aws:iam::123456789012:role/ray-head \
    --parameter HeadInstanceProfileArn=arn:aws:iam::123456789012:instance-profile/ray-head`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			given, err := assignments(parameters)
			if err != nil {
				return err
			}
			printed, err := a.launcher(c.Context(), f, given)
			if err != nil {
				return err
			}
			return a.printPolicies(printed, name)
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&parameters, "parameter", nil, "a parameter of examples/launcher.yaml, as Name=value; may be repeated")
	c.Flags().StringVar(&name, "name", "", "print the document of this policy alone")
	return c
}

// launcher returns the policies for a set, if the flags name one, and parameters.
func (a *app) launcher(ctx context.Context, f setFlags, parameters map[string]string) (rolePolicies, error) {
	l := leastprivilege.Launcher{Region: a.region}
	if f.stackName+f.properties != "" {
		var err error
		if l, err = a.launcherOf(ctx, f, parameters); err != nil {
			return rolePolicies{}, err
		}
	} else if l.Region == "" {
		cfg, err := a.awsConfig(ctx)
		if err != nil {
			return rolePolicies{}, err
		}
		l.Region = cfg.Region
	}
	policyName, err := assign(&l, parameters)
	if err != nil {
		return rolePolicies{}, err
	}
	policy, err := l.Policy()
	if err != nil {
		return rolePolicies{}, fmt.Errorf("making the launcher's policy (--parameter):\n%w", err)
	}
	company, err := l.CompanyPolicy()
	if err != nil {
		return rolePolicies{}, fmt.Errorf("making the launcher's second policy (--parameter):\n%w", err)
	}
	printed := rolePolicies{Policies: []policyDocument{{policyName, managedType, []byte(policy)}}}
	if company != "" {
		printed.Policies = append(printed.Policies, policyDocument{policyName + "-company", managedType, []byte(company)})
	}
	return printed, nil
}

// launcherOf returns the launcher of a set's cluster. Parameters take precedence over the set.
// The error names a value that is known only after apply, since a policy without it would
// allow more.
func (a *app) launcherOf(ctx context.Context, f setFlags, parameters map[string]string) (leastprivilege.Launcher, error) {
	var values afterapply.Values
	set, err := a.declaredSet(ctx, f, &values)
	if err != nil {
		return leastprivilege.Launcher{}, err
	}
	attributes := set.Attributes()
	l := leastprivilege.Launcher{Region: set.stack.Region, HeadRoleARN: attributes["HeadRoleArn"], HeadProfileARN: attributes["HeadInstanceProfileArn"]}
	for _, g := range set.properties.WorkerGroups {
		l.WorkerProfileARNs = append(l.WorkerProfileARNs, attributes["WorkerGroups."+g.Name+".InstanceProfileArn"])
	}
	o := set.properties.LeastPrivilege
	if o == nil {
		o = &leastprivilege.Options{}
	}
	l.ClusterName, l.CloudWatch, l.SessionManager = o.ClusterName, o.CloudWatch, o.SessionManager
	l.SubnetIDs, l.SecurityGroupIDs, l.ImageIDs, l.KeyNames = o.SubnetIDs, o.SecurityGroupIDs, o.ImageIDs, o.KeyNames
	l.InstanceTagKeys = o.InstanceTagKeys
	l.KMSKeyARNs = slices.DeleteFunc(slices.Clone(o.KMSKeyARNs), func(arn string) bool { return !strings.Contains(arn, ":kms:"+l.Region+":") })
	if err := sameCluster(o, parameters); err != nil {
		return l, err
	}
	for _, parameter := range slices.Sorted(maps.Keys(fieldsOf(&l))) {
		if _, given := parameters[parameter]; !given && slices.ContainsFunc(fieldsOf(&l)[parameter].values(), values.IsIn) {
			return l, notKnownYet(parameter)
		}
	}
	return l, nil
}

// sameCluster refuses a parameter ClusterName that differs from the set's cluster, and a
// missing ClusterName if the set does not name one cluster.
func sameCluster(o *leastprivilege.Options, parameters map[string]string) error {
	name, given := parameters["ClusterName"]
	switch {
	case given && o.ClusterName != "" && name != o.ClusterName:
		return otherCluster(name, o)
	case given && !strings.HasPrefix(name, o.ClusterNamePrefix):
		return otherClusterPrefix(name, o)
	case !given && o.ClusterName == "":
		return errNoCluster
	}
	return nil
}

// A field is a field of a Launcher, as a parameter of the template.
type field struct {
	text *string
	list *[]string
	flag *bool
}

// fieldsOf returns the fields of a launcher by the names of their parameters.
func fieldsOf(l *leastprivilege.Launcher) map[string]field {
	return map[string]field{
		"ClusterName": {text: &l.ClusterName}, "HeadRoleArn": {text: &l.HeadRoleARN}, "HeadInstanceProfileArn": {text: &l.HeadProfileARN},
		"CloudWatch": {flag: &l.CloudWatch}, "SessionManager": {flag: &l.SessionManager}, "Spot": {flag: &l.Spot},
		"WorkerInstanceProfileArns": {list: &l.WorkerProfileARNs}, "SubnetIds": {list: &l.SubnetIDs}, "SecurityGroupIds": {list: &l.SecurityGroupIDs},
		"ImageIds": {list: &l.ImageIDs}, "KeyNames": {list: &l.KeyNames}, "InstanceTypes": {list: &l.InstanceTypes},
		"InstanceTagKeys": {list: &l.InstanceTagKeys}, "KmsKeyArns": {list: &l.KMSKeyARNs},
	}
}

func (f field) values() []string {
	switch {
	case f.text != nil:
		return []string{*f.text}
	case f.list != nil:
		return *f.list
	}
	return nil
}

// anyOf are the parameters whose value * in the template allows any resource.
var anyOf = []string{"SubnetIds", "SecurityGroupIds", "KeyNames"}

// policyNameParameter and defaultPolicyName are a parameter of the template and its default.
const (
	policyNameParameter = "PolicyName"
	defaultPolicyName   = "ray-launcher"
)

// assign sets the fields that parameters give, and returns the name of the policy. The error
// names the first parameter that does not exist, or whose value does not have its form.
func assign(l *leastprivilege.Launcher, parameters map[string]string) (policyName string, err error) {
	fields, policyName := fieldsOf(l), defaultPolicyName
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[name]
		field, known := fields[name]
		switch {
		case name == policyNameParameter:
			policyName = value
		case !known:
			return "", noParameter(name, fields)
		case field.text != nil:
			*field.text = value
		case field.flag != nil:
			if *field.flag, err = strconv.ParseBool(value); err != nil {
				return "", notBoolean(name, value)
			}
		case value == "", value == "*" && slices.Contains(anyOf, name):
			*field.list = nil
		default:
			*field.list = strings.Split(value, ",")
		}
	}
	return policyName, nil
}
