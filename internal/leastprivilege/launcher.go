package leastprivilege

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Launcher is whoever runs `ray up`, `ray down`, `ray attach`, `ray exec` and `ray submit`
// for a cluster: a person or a CI job. Its fields are the parameters of
// examples/launcher.yaml. Policy and CompanyPolicy check the form of each string.
type Launcher struct {
	ClusterName    string // cluster_name of the Ray cluster's YAML
	Region         string // where the cluster is
	HeadRoleARN    string // gives the partition and the account too
	HeadProfileARN string // the head's instance profile

	// WorkerProfileARNs are the workers' instance profiles. The launcher may not stop or
	// terminate an instance that has another profile, except the head, whatever its tags are.
	// With an empty list, a worker may have any profile.
	WorkerProfileARNs []string

	CloudWatch     bool // Ray's CloudWatch integration
	SessionManager bool // logging in by Session Manager
	Spot           bool // the head may be a Spot Instance

	// The resources that the head may be launched with. An empty list allows any resource of
	// its kind. An empty list of images allows public images, and images tagged for the
	// cluster.
	SubnetIDs        []string
	SecurityGroupIDs []string
	ImageIDs         []string
	KeyNames         []string // names of key pairs
	InstanceTypes    []string

	// What a company's rules add to a launch; see CompanyPolicy.
	InstanceTagKeys []string // tags of the owner's own
	KMSKeyARNs      []string // keys of encrypted volumes
}

// PolicyLimit is how many characters IAM accepts in a managed policy, not counting white
// space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const PolicyLimit = 6144

// Policy returns the launcher's policy document, compact JSON of at most PolicyLimit
// characters. The error has a line for each field that does not have its form, or says that
// the document would be longer.
func (l Launcher) Policy() (string, error) { return l.document(l.statements) }

// CompanyPolicy returns a second policy document for the launcher, with the permissions for
// InstanceTagKeys and KMSKeyARNs, because one policy has no room for everything. It is empty
// if both lists are empty. It returns the same errors as Policy.
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
		return "", policyTooLong(len(document))
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

// arn returns the ARN of a resource in the launcher's Region and account. Its partition is *,
// which is shorter, and safe because no request reaches another partition.
func (l Launcher) arn(service, resource string) string {
	return "arn:*:" + service + ":" + l.Region + ":" + l.account() + ":" + resource
}

// account returns the account of the head's role. IAM does not let anybody pass a role of
// another account.
func (l Launcher) account() string { return strings.Split(l.HeadRoleARN, ":")[4] }

// instances returns the ARN of all EC2 instances of the account in the Region. A condition
// selects instances by their tags.
func (l Launcher) instances() []string { return []string{l.arn("ec2", "instance/*")} }

// inRegion returns the condition value for requests in the Region.
func (l Launcher) inRegion() map[string]policydoc.Values {
	return map[string]policydoc.Values{"aws:RequestedRegion": {l.Region}}
}

// anywhere returns an EC2 ARN for each name, or one ARN for all resources of the kind if there
// are no names. Region and account are *, because CloudFormation's Fn::Join puts only fixed
// text between the entries of a list. A condition names the Region. EC2 never assigns an id
// twice, and launches only with the caller's own key pairs.
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

// ofKind returns the condition values for the cluster's own instances of these kinds, head or
// worker. prefix is the condition key without the tag's key, such as aws:ResourceTag/.
func (l Launcher) ofKind(prefix string, kinds ...string) map[string]policydoc.Values {
	return map[string]policydoc.Values{prefix + clusterTag: {l.ClusterName}, prefix + kindTag: kinds}
}

// suffixed returns the DNS name of a service, and in China also its name with .cn.
func (l Launcher) suffixed(service string) policydoc.Values {
	names := policydoc.Values{service + ".amazonaws.com"}
	if strings.HasPrefix(l.HeadRoleARN, "arn:aws-cn:") {
		names = append(names, service+".amazonaws.com.cn")
	}
	return names
}
