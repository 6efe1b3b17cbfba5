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
	// VerifyRequests has each Update and Delete ask CloudFormation, while IAM is observed,
	// whether it is at work on the resource.
	VerifyRequests bool
	// AfterApply tells, for Plan alone, a text that stands for what is known only after
	// apply: no rule is held against it. Nil for none.
	AfterApply func(text string) bool
}

// SettingsFromEnvironment reads the bounds; RAYIAM_DENIAL_PATIENCE_SECONDS, a whole number,
// iamsync.DefaultPatience where there is none; and RAYIAM_VERIFY_REQUESTS, true or false,
// false where there is none.
func SettingsFromEnvironment(getenv func(string) string) Settings {
	s := Settings{
		Bounds: rayiam.BoundsFromEnvironment(getenv), DenialPatience: iamsync.DefaultPatience,
		VerifyRequests: strings.EqualFold(strings.TrimSpace(getenv("RAYIAM_VERIFY_REQUESTS")), "true"),
	}
	if seconds, err := strconv.Atoi(strings.TrimSpace(getenv("RAYIAM_DENIAL_PATIENCE_SECONDS"))); err == nil && seconds >= 0 {
		s.DenialPatience = time.Duration(seconds) * time.Second
	}
	return s
}
