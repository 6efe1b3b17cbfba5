package provider

import (
	"strconv"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// Settings are the settings in the function's environment.
type Settings struct {
	Bounds rayiam.Bounds
	// DenialPatience is how long a denied call is retried if the denial may be temporary,
	// because permissions or tags are too new for IAM.
	DenialPatience time.Duration
	// PolicyMemory is how long the process remembers that a managed policy of AWS exists.
	PolicyMemory time.Duration
	// VerifyRequests makes each request ask CloudFormation, while IAM is observed, whether
	// CloudFormation is at work on the resource.
	VerifyRequests bool
	// CheckInstances makes a request ask EC2, before it deletes anything, whether instances use
	// it, and after it has made a profile, whether EC2 knows it.
	CheckInstances bool
	// Regions are the Regions in which the function looks for instances, in addition to the
	// stack's own.
	Regions []string
	// AfterApply is for Plan only. It reports whether a text is a placeholder for a value that
	// is known only after apply: rules do not apply to such a value. If nil, no text is.
	AfterApply func(text string) bool
}

// SettingsFromEnvironment reads the bounds and these variables: RAYIAM_DENIAL_PATIENCE_SECONDS,
// a whole number, by default iamsync.DefaultPatience; RAYIAM_POLICY_MEMORY_SECONDS, a whole
// number, by default iamsync.DefaultPolicyMemory; RAYIAM_VERIFY_REQUESTS, true or false, by
// default false; RAYIAM_CHECK_INSTANCES, which is true unless it is false; and RAYIAM_REGIONS,
// names separated by commas.
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

// seconds reads a whole number of seconds. For any other text it returns otherwise.
func seconds(text string, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return otherwise
	}
	return time.Duration(n) * time.Second
}
