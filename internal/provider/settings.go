package provider

import (
	"strconv"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// Settings are what the function's environment sets.
type Settings struct {
	Bounds rayiam.Bounds
	// DenialPatience is how long a call is repeated whose denial may pass, because rights
	// or tags are too new for IAM to see.
	DenialPatience time.Duration
	// PolicyMemory is for how long a managed policy of AWS that IAM has shown to this process
	// is taken for existing.
	PolicyMemory time.Duration
	// VerifyRequests has each request ask CloudFormation, while IAM is observed,
	// whether it is at work on the resource.
	VerifyRequests bool
	// CheckInstances has EC2 asked, before what a request deletes is gone, whether instances
	// use it, and after it has made something, whether EC2 knows that.
	CheckInstances bool
	// Regions are those in which instances are looked for beside the stack's own.
	Regions []string
	// AfterApply tells, for Plan alone, a text that stands for what is known only after
	// apply: no rule is held against it. Nil for none.
	AfterApply func(text string) bool
}

// SettingsFromEnvironment reads the bounds; RAYIAM_DENIAL_PATIENCE_SECONDS, a whole number,
// iamsync.DefaultPatience where there is none; RAYIAM_POLICY_MEMORY_SECONDS, likewise, with
// iamsync.DefaultPolicyMemory; RAYIAM_VERIFY_REQUESTS, true or false, false where there is
// none; RAYIAM_CHECK_INSTANCES, where anything but false is true; and RAYIAM_REGIONS, names
// with commas between them.
func SettingsFromEnvironment(getenv func(string) string) Settings {
	s := Settings{
		Bounds:         rayiam.BoundsFromEnvironment(getenv),
		DenialPatience: seconds(getenv("RAYIAM_DENIAL_PATIENCE_SECONDS"), iamsync.DefaultPatience),
		PolicyMemory:   seconds(getenv("RAYIAM_POLICY_MEMORY_SECONDS"), iamsync.DefaultPolicyMemory),
		VerifyRequests: strings.EqualFold(strings.TrimSpace(getenv("RAYIAM_VERIFY_REQUESTS")), "true"),
		CheckInstances: !strings.EqualFold(strings.TrimSpace(getenv("RAYIAM_CHECK_INSTANCES")), "false"),
	}
	for region := range strings.SplitSeq(getenv("RAYIAM_REGIONS"), ",") {
		if region = strings.TrimSpace(region); region != "" {
			s.Regions = append(s.Regions, region)
		}
	}
	return s
}

// seconds reads a whole number of seconds, of which another text says nothing.
func seconds(text string, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return otherwise
	}
	return time.Duration(n) * time.Second
}
