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
	// VerifyRequests has each Update and Delete ask CloudFormation, while IAM is observed,
	// whether it is at work on the resource.
	VerifyRequests bool
}

// SettingsFromEnvironment reads the bounds; RAYIAM_DENIAL_PATIENCE_SECONDS, a whole number,
// iamsync.DefaultPatience where there is none; RAYIAM_POLICY_MEMORY_SECONDS, likewise, with
// iamsync.DefaultPolicyMemory; and RAYIAM_VERIFY_REQUESTS, true or false, false where there
// is none.
func SettingsFromEnvironment(getenv func(string) string) Settings {
	return Settings{
		Bounds:         rayiam.BoundsFromEnvironment(getenv),
		DenialPatience: seconds(getenv("RAYIAM_DENIAL_PATIENCE_SECONDS"), iamsync.DefaultPatience),
		PolicyMemory:   seconds(getenv("RAYIAM_POLICY_MEMORY_SECONDS"), iamsync.DefaultPolicyMemory),
		VerifyRequests: strings.EqualFold(strings.TrimSpace(getenv("RAYIAM_VERIFY_REQUESTS")), "true"),
	}
}

// seconds reads a whole number of seconds, of which another text says nothing.
func seconds(text string, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return otherwise
	}
	return time.Duration(n) * time.Second
}
