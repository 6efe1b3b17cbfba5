package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// tagsAtLaunch returns the condition that tags are part of a launch and have only these keys.
func tagsAtLaunch(keys []string) condition {
	return condition{
		"StringEquals":            {"ec2:CreateAction": {"RunInstances"}},
		"ForAllValues:StringLike": {"aws:TagKeys": unique(keys)},
	}
}

// notSpot returns the condition that a launch is not for a Spot Instance. EC2 authorizes the
// Spot request of a launch only if the launch tags it, so the condition is on the instance.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-spot-instances
func notSpot() condition {
	return condition{"StringNotEquals": {"ec2:InstanceMarketType": {"spot"}}}
}

// noOtherCase denies each tag whose key begins with ray- in any case and has a letter in upper
// case, which no key of Ray's has. IAM ignores case in the name of a condition key, so
// aws:RequestTag/ray-cluster-name also matches a tag ray-Cluster-Name. Ray would not find an
// instance with such a tag. A policy can tell the two keys apart only by the values of
// aws:TagKeys. A request without tags has no such values, and is not denied.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requesttag
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func noOtherCase() policydoc.Statement {
	keys := []string{"RAY-*", "RAy-*", "RaY-*", "Ray-*", "rAY-*", "rAy-*", "raY-*"}
	for letter := 'A'; letter <= 'Z'; letter++ {
		keys = append(keys, "ray-*"+string(letter)+"*")
	}
	return policydoc.Statement{
		Sid:       "NoOtherCase",
		Effect:    "Deny",
		Action:    []string{"ec2:CreateTags", "ec2:RunInstances"},
		Resource:  []string{"*"},
		Condition: condition{"ForAnyValue:StringLike": {"aws:TagKeys": keys}},
	}
}
