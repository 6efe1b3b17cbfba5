package rayiam

import "regexp"

// A Stack is the CloudFormation stack that a resource belongs to.
type Stack struct {
	ID        string // the stack's ARN, as CloudFormation sends it
	Partition string // aws, aws-cn, aws-us-gov, ...
	Region    string
	Account   string // 12 digits
}

var stackARN = regexp.MustCompile(`^arn:(aws[a-z0-9-]*):cloudformation:([a-z0-9-]+):([0-9]{12}):stack/.+$`)

// ParseStackID reads partition, Region and account from a stack's ARN, such as
// arn:aws:cloudformation:eu-west-1:123456789012:stack/ray/0f0f.... The error says which form
// the ARN must have.
func ParseStackID(id string) (Stack, error) {
	m := stackARN.FindStringSubmatch(id)
	if m == nil {
		return Stack{}, noStackID(id)
	}
	return Stack{ID: id, Partition: m[1], Region: m[2], Account: m[3]}, nil
}

// ec2Service is the service principal of EC2, which may assume the roles.
// China's differs: https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html
func (s Stack) ec2Service() string {
	if s.Partition == "aws-cn" {
		return "ec2.amazonaws.com.cn"
	}
	return "ec2.amazonaws.com"
}

// ec2PassedTo are the names of EC2 that iam:PassedToService may have.
func (s Stack) ec2PassedTo() []string {
	if s.Partition == "aws-cn" {
		return []string{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}
	}
	return []string{"ec2.amazonaws.com"}
}

func (s Stack) roleARN(path, name string) string {
	return "arn:" + s.Partition + ":iam::" + s.Account + ":role" + path + name
}

func (s Stack) InstanceProfileARN(path, name string) string {
	return "arn:" + s.Partition + ":iam::" + s.Account + ":instance-profile" + path + name
}

// awsPolicyARNs returns the ARNs of AWS managed policies in the stack's partition.
func (s Stack) awsPolicyARNs(names []string) []string {
	var arns []string
	for _, name := range names {
		arns = append(arns, "arn:"+s.Partition+":iam::aws:policy/"+name)
	}
	return arns
}
