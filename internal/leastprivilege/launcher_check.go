package leastprivilege

import (
	"errors"
	"regexp"
	"strings"
)

// A form is the pattern for the values of one field of a Launcher. No pattern allows a
// wildcard or a policy variable, so that each value matches only itself in a policy. No
// pattern allows a comma, which separates the values in the template.
type form struct {
	field   string // as the template names it
	values  []string
	pattern string
	rule    string // the pattern in words, for the error
}

// The patterns are compiled when they are used: the function, which never makes a launcher's
// policy, would otherwise spend a tenth of its start on them.
const (
	ofAccount = `^arn:aws(-[a-z]+)*:iam::[0-9]{12}:`
	pathName  = `/([A-Za-z0-9_+=.@-]+/)*[A-Za-z0-9_+=.@-]+$`
	id        = `([0-9a-f]{8}|[0-9a-f]{17})$`

	clusterName     = `^[A-Za-z0-9_.-]{1,245}$`
	regionName      = `^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`
	roleARN         = ofAccount + `role` + pathName
	profileARN      = ofAccount + `instance-profile` + pathName
	subnetID        = `^subnet-` + id
	securityGroupID = `^sg-` + id
	imageID         = `^ami-` + id
	keyName         = `^[A-Za-z0-9_.@+=-]([A-Za-z0-9 _.@+=-]*[A-Za-z0-9_.@+=-])?$`
	instanceType    = `^[a-z][a-z0-9-]*\.[a-z0-9-]+$`
	instanceTagKey  = `^[A-Za-z0-9_.:/=+@-]{1,128}$`
	kmsKeyARN       = `^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`
)

func (l Launcher) forms() []form {
	return []form{
		{"ClusterName", []string{l.ClusterName}, clusterName, "1 to 245 letters, digits and _ . -"},
		{"Region", []string{l.Region}, regionName, "a Region, such as us-east-1"},
		{"HeadRoleArn", []string{l.HeadRoleARN}, roleARN, "the ARN of a role"},
		{"HeadInstanceProfileArn", []string{l.HeadProfileARN}, profileARN, "the ARN of an instance profile"},
		{"WorkerInstanceProfileArns", l.WorkerProfileARNs, profileARN, "the ARN of an instance profile"},
		{"SubnetIds", l.SubnetIDs, subnetID, "a subnet id"},
		{"SecurityGroupIds", l.SecurityGroupIDs, securityGroupID, "a security-group id"},
		{"ImageIds", l.ImageIDs, imageID, "an image id"},
		{"KeyNames", l.KeyNames, keyName, "letters, digits, _ . @ + = - and spaces inside"},
		{"InstanceTypes", l.InstanceTypes, instanceType, "an instance type"},
		{"InstanceTagKeys", l.InstanceTagKeys, instanceTagKey, "1 to 128 letters, digits and _ . : / = + @ -"},
		{"KmsKeyArns", l.KMSKeyARNs, kmsKeyARN, "the ARN of a key"},
	}
}

// check returns every fault, joined. The published schema checks Options, and no schema checks
// a Launcher.
func (l Launcher) check() error {
	var faults []error
	for _, f := range l.forms() {
		pattern := regexp.MustCompile(f.pattern)
		for _, value := range f.values {
			if !pattern.MatchString(value) {
				faults = append(faults, malformed(f.field, value, f.rule))
			}
		}
	}
	for _, key := range l.InstanceTagKeys {
		for _, reserved := range []string{"aws:", "ray-"} {
			if strings.HasPrefix(strings.ToLower(key), reserved) {
				faults = append(faults, reservedTagKey(key, reserved))
			}
		}
	}
	if len(faults) == 0 {
		faults = l.elsewhere()
	}
	return errors.Join(faults...)
}

// elsewhere returns a fault for each instance profile of another account than the head's role,
// and for each key of another Region. It expects every field to have its form. No launch could
// use such a profile or key.
func (l Launcher) elsewhere() []error {
	var faults []error
	here, _, _ := strings.Cut(l.HeadRoleARN, ":role/")
	for _, profile := range append([]string{l.HeadProfileARN}, l.WorkerProfileARNs...) {
		if !strings.HasPrefix(profile, here+":") {
			faults = append(faults, otherAccount(profile, l.HeadRoleARN))
		}
	}
	for _, key := range l.KMSKeyARNs {
		if !strings.Contains(key, ":kms:"+l.Region+":") {
			faults = append(faults, otherRegion(key, l.Region))
		}
	}
	return faults
}
