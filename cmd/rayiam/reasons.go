package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// The sentences of the command's errors and notes.
var (
	errNoRegion    = errors.New("no Region: pass --region, set AWS_REGION, or give the profile one (aws configure)")
	errNoSet       = errors.New("name a set: OWNER, --stack-name or --properties, one of them")
	errNoCluster   = errors.New("the set names no single cluster: pass --parameter ClusterName=NAME, with the cluster_name of the Ray cluster's YAML")
	errNobodyToAsk = errors.New("nobody can be asked without a terminal, or with --output json: pass --yes to delete without being asked")
	errNoneAsked   = errors.New("cannot tell of any set whether a stack still has it: see the notes")
	errWantsFile   = errors.New("--write wants a file, not standard input")
)

// Flags.

func wants(flag, given, want string) error { return fmt.Errorf("--%s %q: want %s", flag, given, want) }

func noOwner(owner string) error {
	return fmt.Errorf("%q is no physical id of a Custom::RayIAM: want one such as ray-b9e057b95982 (aws cloudformation describe-stack-resources shows it, and so does rayiam list)", owner)
}

func badPlace(account, region string) error {
	return fmt.Errorf("--account %q, --region %q: want 12 digits, and a Region such as eu-west-1", account, region)
}

func noDocument(name string, documents []string) error {
	return fmt.Errorf("--name %q: there are %s", name, strings.Join(documents, ", "))
}

func noSuchGroup(group string, groups []string) error {
	return fmt.Errorf("--group %q: the worker groups are %s", group, strings.Join(groups, ", "))
}

func noParameter(name string, fields map[string]field) error {
	return fmt.Errorf("--parameter %s: examples/launcher.yaml has no such parameter, it has %s, %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "), policyNameParameter)
}

func notBoolean(parameter, given string) error {
	return fmt.Errorf("--parameter %s=%s: want true or false", parameter, given)
}

// AWS.

func noCredentials(err error) error {
	return fmt.Errorf("finding AWS credentials (log in with aws sso login, pass --profile, or set AWS_PROFILE): %w", err)
}

func noAccount(err error) error {
	return fmt.Errorf("no account: pass --account and --region to do without AWS: %w", err)
}

func otherAccount(own string, stack rayiam.Stack) error {
	return fmt.Errorf("these credentials are of account %s and the stack is in account %s: pass --profile or log in there", own, stack.Account)
}

func noAnswerInTime(err error) error {
	return fmt.Errorf("no answer in time (give it longer with --timeout): %w", err)
}

func noRoles(prefix, owner string) error {
	return fmt.Errorf("no role of this account begins with %s- and has the tag %s=%s: check the id, --profile", prefix, rayiam.OwnerTag, owner)
}

func noEntities(owner string) error {
	return fmt.Errorf("no role or instance profile of this account has the tag %s=%s: check the id, --profile", rayiam.OwnerTag, owner)
}

// Sets and clusters.

func unreadableTemplate(stackName string, err error) error {
	return fmt.Errorf("reading the template of stack %s (pass --properties in its place): %w", stackName, err)
}

func notKnownYet(parameter string) error {
	return fmt.Errorf("%s of the set is known only after apply: pass --parameter %s=VALUE", parameter, parameter)
}

func otherCluster(name string, o *leastprivilege.Options) error {
	return fmt.Errorf("--parameter ClusterName=%s: the set is for the cluster %s", name, o.ClusterName)
}

func otherClusterPrefix(name string, o *leastprivilege.Options) error {
	return fmt.Errorf("--parameter ClusterName=%s: the set is for clusters whose names begin with %s", name, o.ClusterNamePrefix)
}

// imagesNotCompared is a note.
func imagesNotCompared(images []string) string {
	return fmt.Sprintf("the head may launch %s only if EC2 knows it as public, or if it has the tag ray-cluster-name of the cluster: the YAML does not tell, so it is not judged (LeastPrivilege.ImageIds would permit it by its id)", strings.Join(images, ", "))
}
