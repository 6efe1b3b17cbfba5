package leastprivilege

import (
	"fmt"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Launcher is the third party of a cluster, besides its head and its workers: whoever
// runs `ray up`, `ray down`, `ray attach`, `ray exec` and `ray submit` for it, a person or
// a CI job. Its fields are the parameters of examples/launcher.yaml.
type Launcher struct {
	ClusterName    string // cluster_name of the Ray cluster's YAML
	Region         string // where the cluster is
	HeadRoleARN    string // tells the partition and the account too
	HeadProfileARN string // the head's instance profile

	// WorkerProfileARNs are the workers' instance profiles. The launcher ends no machine
	// that has another one and is not the head, whatever its tags say. An empty list leaves
	// that open.
	WorkerProfileARNs []string

	CloudWatch     bool // Ray's CloudWatch integration
	SessionManager bool // logging in by Session Manager
	Spot           bool // the head may be a Spot Instance

	// What the head may be launched from. An empty list allows anything of its kind, but
	// for images: then these are public or tagged for the cluster.
	SubnetIDs        []string
	SecurityGroupIDs []string
	ImageIDs         []string
	KeyNames         []string // names of key pairs
	InstanceTypes    []string

	// What a company's rules add to a launch; see CompanyPolicy.
	InstanceTagKeys []string // tags of the owner's own
	KMSKeyARNs      []string // keys of encrypted volumes
}

// PolicyLimit is how many characters IAM accepts in a managed policy, white space not
// counted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const PolicyLimit = 6144

// Policy returns the launcher's policy document, compact JSON of at most PolicyLimit
// characters. The error names every field that is not of its form, each on a line, or says
// that the document would be longer.
func (l Launcher) Policy() (string, error) { return l.document(l.statements) }

// CompanyPolicy returns a second document for the launcher, of what InstanceTagKeys and
// KMSKeyARNs take: one policy has no room for all. It is empty where there are neither.
// Errors are those of Policy.
func (l Launcher) CompanyPolicy() (string, error) {
	if len(l.InstanceTagKeys)+len(l.KMSKeyARNs) == 0 {
		return "", l.check()
	}
	return l.document(l.companyStatements)
}

func (l Launcher) document(statements func() []policydoc.Statement) (string, error) {
	if err := l.check(); err != nil {
		return "", err
	}
	document := policydoc.New(statements()...)
	if len(document) > PolicyLimit {
		return "", fmt.Errorf("the launcher's policy would have %d characters, IAM accepts %d: use shorter lists", len(document), PolicyLimit)
	}
	return document, nil
}

func (l Launcher) statements() []policydoc.Statement {
	all := []policydoc.Statement{
		noOtherCase(),
		l.describe(),
		l.launchHead(),
		l.launchWith(),
		l.launchWithTagged(),
	}
	if len(l.ImageIDs) == 0 {
		all = append(all, l.launchPublicImages())
	}
	all = append(all, l.tagAtLaunch(), l.passHeadRole(), l.runHead(), l.endWorkers())
	if l.CloudWatch {
		all = append(all, l.configureCloudWatch(), l.commandHead(), l.alarms())
	}
	if l.SessionManager {
		all = append(all, l.sessions(), l.sessionDocuments())
	}
	return all
}

func (l Launcher) companyStatements() []policydoc.Statement {
	var all []policydoc.Statement
	if len(l.InstanceTagKeys) > 0 {
		all = append(all, l.ownTagsAtLaunch(), l.ownTagsOnParts())
	}
	if len(l.KMSKeyARNs) > 0 {
		all = append(all, l.useKeys(), l.grantKeys())
	}
	return all
}

// arn returns the ARN of a resource in the launcher's Region and account. There is no way
// from one partition to another, so it need not be said, and a policy is short of room.
func (l Launcher) arn(service, resource string) string {
	return "arn:*:" + service + ":" + l.Region + ":" + l.account() + ":" + resource
}

// account is the head role's: nobody passes a role of another account.
func (l Launcher) account() string { return strings.Split(l.HeadRoleARN, ":")[4] }

// instances are all EC2 instances of the account in the Region: a condition says which of
// them are meant.
func (l Launcher) instances() []string { return []string{l.arn("ec2", "instance/*")} }

// inRegion are condition values that hold the Region.
func (l Launcher) inRegion() map[string]policydoc.Values {
	return map[string]policydoc.Values{"aws:RequestedRegion": {l.Region}}
}

// anywhere returns the ARN of an EC2 resource for each name, or one for all of the kind
// where there are no names. CloudFormation puts nothing but fixed text between the entries
// of a list, so the ARN leaves Region and account open: a condition names the Region. EC2
// gives no id twice, and launches with key pairs of the caller's alone.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-join.html
func anywhere(kind string, names []string) []string {
	if len(names) == 0 {
		names = []string{"*"}
	}
	var arns []string
	for _, name := range unique(names) {
		arns = append(arns, "arn:*:ec2:*:*:"+kind+"/"+name)
	}
	return arns
}

// ofKind are the condition values of the cluster's own machines of these kinds: prefix is
// the condition key without the tag, such as aws:ResourceTag/.
func (l Launcher) ofKind(prefix string, kinds ...string) map[string]policydoc.Values {
	return map[string]policydoc.Values{prefix + clusterTag: {l.ClusterName}, prefix + kindTag: kinds}
}

// suffixed returns the name of a service, and in China also the one that it has there.
func (l Launcher) suffixed(service string) policydoc.Values {
	names := policydoc.Values{service + ".amazonaws.com"}
	if strings.HasPrefix(l.HeadRoleARN, "arn:aws-cn:") {
		names = append(names, service+".amazonaws.com.cn")
	}
	return names
}
