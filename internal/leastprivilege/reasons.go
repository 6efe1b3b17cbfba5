package leastprivilege

import "fmt"

// The sentences about a Launcher. Its fields have the names of the template's parameters.

func policyTooLong(length int) error {
	return fmt.Errorf("the launcher's policy would have %d characters, IAM accepts %d: use shorter lists", length, PolicyLimit)
}

func malformed(field, value, rule string) error {
	return fmt.Errorf("%s: %q is not %s", field, value, rule)
}

func reservedTagKey(key, reserved string) error {
	return fmt.Errorf("InstanceTagKeys: %q begins with %s, which is reserved", key, reserved)
}

func otherAccount(profile, headRole string) error {
	return fmt.Errorf("%s is in another account than %s", profile, headRole)
}

func otherRegion(key, region string) error {
	return fmt.Errorf("KmsKeyArns: %s is not in %s", key, region)
}
