package clustercheck

import (
	"errors"
	"fmt"
	"strings"
)

// The sentences of findings: a problem follows the place, a reason says why it is one, and a
// remedy what to do.

// The problems.
const (
	isMissing        = "is missing"
	isGiven          = "is given"
	notAWS           = "is not aws"
	noNodeType       = "names no node type"
	cloudWatchGiven  = "is given, and LeastPrivilege.CloudWatch is not"
	notHeads         = "is not the head's"
	notWorkers       = "is none of the workers'"
	spotNotPermitted = "is spot, and LeastPrivilege.Spot is not true"
	spotTagged       = "is tagged, and LeastPrivilege.Spot is not true"
	kindNotTaggable  = "is no kind that the head may tag"
	rayInUpperCase   = "begins with ray- in any case, and has a letter in upper case"
	tagNotPermitted  = "is a tag that the head may not set"
)

func isNot(want string) string              { return "is not " + want }
func doesNotBeginWith(prefix string) string { return "does not begin with " + prefix }
func notListed(option string) string        { return "is none of LeastPrivilege." + option }

// The reasons of findings about the cluster as a whole.
const (
	onlyEC2Reason           = "the set's roles are for EC2"
	nodeTypesReason         = "it declares the nodes and their instance profiles"
	headNodeTypeReason      = "Ray launches the head as that type"
	clusterNameReason       = "the head may only launch, tag, stop and terminate machines whose tag ray-cluster-name is the set's ClusterName"
	clusterNamePrefixReason = "the head may only launch, tag, stop and terminate machines whose tag ray-cluster-name begins with the set's ClusterNamePrefix"
	regionReason            = "the head's policies name the Region of the set's stack: in any other, every call is denied"
	cloudWatchReason        = "the nodes may not report to CloudWatch, and the head may not make dashboards and alarms"
)

// The reasons of findings about instance profiles.
const (
	headWithoutProfile   = "Ray would make a role with broad policies for the head, for which whoever runs ray up needs IAM permissions"
	headOtherProfile     = "with another role, the head has other permissions than the set gives it"
	workerWithoutProfile = "Ray gives workers no role by itself"
	workerOtherProfile   = "the workers would have other permissions than the set gives them"
)

// What workerWithoutProfile and workerOtherProfile end with, by default and with
// LeastPrivilege.
const (
	passesOnlyWorkersRoles      = ", and the head may pass no other role than the workers'"
	launchesOnlyWorkersProfiles = ", and the head may launch only machines that have one of the workers' instance profiles"
)

// The reasons of findings about launches and tags.
const (
	noSpotReason    = "the head may not make Spot requests"
	snapshotReason  = "the head may not launch from a snapshot: a volume made from one would show its contents"
	launchReason    = "EC2 denies the head's launch"
	kindsReason     = "at a launch the head may tag instances, volumes, network interfaces and Spot requests, and nothing else"
	otherCaseReason = "EC2 treats keys that differ only in case as two tags, and IAM as one: the head is denied all such keys except Ray's own"
	tagReason       = "at a launch the head may set Ray's own tags on instances, and on other resources only tags with InstanceTagKeys: EC2 denies a launch with other tags"
)

// What Ray does if node_config has no value for a list of LeastPrivilege.
const (
	withoutInstanceType   = "EC2 takes its own default"
	withoutImage          = "Ray takes an image of its own choice"
	withoutSubnets        = "Ray takes any subnet of the VPC"
	withoutSecurityGroups = "Ray makes a security group of its own"
	withoutKeyPair        = "Ray makes a key pair of its own"
)

func withoutReason(n narrowing) string {
	return fmt.Sprintf("%s then, and the head may launch only with one of LeastPrivilege.%s", n.without, n.option)
}

// The remedies.
const (
	writeAWS          = "write type: aws"
	writeNodeTypes    = "write available_node_types and head_node_type, as examples/ray/cluster.yaml has them"
	writeHeadNodeType = "write the name of one of available_node_types"
	permitCloudWatch  = "set LeastPrivilege.CloudWatch to true, or leave cloudwatch out"
	permitSpot        = "set LeastPrivilege.Spot to true, or leave InstanceMarketOptions out"
	permitSpotTags    = "set LeastPrivilege.Spot to true, or leave these tags out"
	leaveSnapshotOut  = "leave SnapshotId out, and put the data into an image or a bucket"
	leaveTagsOut      = "leave these tags out"
	writeInLowerCase  = "write it in lower case, or leave the tag out"
	permitTagKey      = "add the key to LeastPrivilege.InstanceTagKeys, or leave the tag out"
)

func writeRegion(region string) string {
	return fmt.Sprintf("write region: %s, or deploy the set in the cluster's Region", region)
}

func writeClusterName(name string) string {
	return fmt.Sprintf("write cluster_name: %s, or change LeastPrivilege.ClusterName", name)
}

func writeClusterNameWith(prefix string) string {
	return fmt.Sprintf("write a cluster_name that begins with %s, or change LeastPrivilege.ClusterNamePrefix", prefix)
}

func setProfile(arn string) string {
	return fmt.Sprintf("write IamInstanceProfile: {Arn: %s}; rayiam check --write does that", arn)
}

func oneOf(n narrowing) string {
	return fmt.Sprintf("write %s with one of %s", n.keys[0], strings.Join(n.allowed, ", "))
}

func oneOfOrPermit(n narrowing) string { return oneOf(n) + ", or add it to LeastPrivilege." + n.option }

// Why a profile has to be written by hand.
const (
	noNodeConfig    = "it has no node_config to write to"
	aliasConfig     = "its node_config is a YAML alias of another node type's: give it a node_config of its own"
	noArnOrName     = "its IamInstanceProfile has neither Arn nor Name: write it by hand"
	anchoredProfile = "its profile is an anchor that other places refer to: write it by hand"
	profileNoString = "its profile is not a string: write it by hand"
)

func noGroup(nodeType string, groups []string) string {
	return fmt.Sprintf("its name does not show which worker group it belongs to: pass --group %s=NAME, with one of %s", nodeType, strings.Join(groups, ", "))
}

// The errors of a file.

var errNoMapping = errors.New("reading the cluster's YAML: want a mapping with cluster_name, provider and available_node_types")

func wouldBreak(err error) error {
	return fmt.Errorf("writing the profiles would break the file, so it stays as it is: %w", err)
}

func cannotBeWritten(path string) error {
	return fmt.Errorf("%s cannot be written, so the file stays as it is: write it by hand", path)
}
