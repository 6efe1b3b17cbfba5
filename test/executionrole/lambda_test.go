package executionrole

import (
	"fmt"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// reports are the calls of Lambda in the role's name (it writes the log, sends failed
// events to the queue, uses the key, and manages network interfaces), and the function's
// calls to CloudFormation and EC2.
func (s deployment) reports() []policysim.Case {
	stream := strings.TrimSuffix(s.logGroup(), "*") + "log-stream:x"
	all := []policysim.Case{s.call("", "logs:CreateLogStream", stream, nil), s.call("", "logs:PutLogEvents", stream, nil), s.call("", "sqs:SendMessage", s.failureQueue(), nil)}
	for _, action := range askAboutStacks {
		all = append(all, s.call("", action, s.someStack(), nil))
	}
	if s.checksInstances() {
		all = append(all, s.call("", findInstances, "*", nil))
	}
	for _, action := range keyActions {
		if s.key() != "" {
			all = append(all, s.call("", action, s.key(), nil))
		}
	}
	for action, resource := range s.networkInterfaces() {
		if s.inVPC() {
			all = append(all, s.call("", action, resource, nil))
		}
	}
	return all
}

// misused are calls with the rights to the key, to network interfaces and to instances,
// each with one fault.
func (s deployment) misused() []policysim.Case {
	var all []policysim.Case
	for _, action := range keyActions {
		all = append(all, s.call("another key", action, fmt.Sprintf("arn:%s:kms:us-east-1:%s:key/2", s.part(), account), nil))
		for _, elsewhere := range s.elsewhere() {
			if key := elsewhere(s.key()); key != s.key() {
				all = append(all, s.call("elsewhere", action, key, nil))
			}
		}
	}
	if !s.checksInstances() {
		all = append(all, s.call("with CheckInstances=false", findInstances, "*", nil))
	}
	function := fmt.Sprintf("arn:%s:lambda:us-east-1:%s:function:%s-RayIAMFunction-1ABC", s.part(), account, stackName)
	for action, resource := range s.networkInterfaces() {
		if !s.inVPC() {
			all = append(all, s.call("without a VPC", action, resource, nil))
		}
		all = append(all, s.call("from within the function", action, resource, conditionKeys{sourceFunction: {function}}))
	}
	return all
}

// elsewhere returns ways to change an ARN of the stack's own resources: to another account,
// partition, stack and Region.
func (s deployment) elsewhere() []func(arn string) string {
	var all []func(string) string
	for _, change := range [][2]string{{account, otherAccount}, {"arn:" + s.part() + ":", "arn:aws-us-gov:"}, {stackName, "another"}, {"us-east-1", "eu-west-1"}} {
		all = append(all, func(arn string) string { return strings.Replace(arn, change[0], change[1], 1) })
	}
	return all
}

// sourceFunction is a condition key of calls that code in a function makes with the
// function's credentials.
const sourceFunction = "lambda:SourceFunctionArn"

var keyActions = []string{"kms:Decrypt", "kms:GenerateDataKey"}

// networkInterfaces returns the calls that Lambda makes for a function in a VPC, with their
// resources.
func (s deployment) networkInterfaces() map[string]string {
	one := fmt.Sprintf("arn:%s:ec2:us-east-1:%s:network-interface/eni-1", s.part(), account)
	return map[string]string{
		"ec2:AssignPrivateIpAddresses": one, "ec2:CreateNetworkInterface": one, "ec2:DeleteNetworkInterface": one,
		"ec2:DescribeNetworkInterfaces": "*", "ec2:DescribeSubnets": "*", "ec2:UnassignPrivateIpAddresses": one,
	}
}
