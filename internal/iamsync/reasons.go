package iamsync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// noAnswer is the reason for a call that IAM left unanswered.
const noAnswer = "IAM did not answer"

// words reduces the SDK's error to IAM's own code and message.
func words(err error) string {
	var (
		api     smithy.APIError
		timeout net.Error
	)
	switch {
	case errors.As(err, &api):
		return api.ErrorCode() + ": " + api.ErrorMessage()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return noAnswer
	}
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return err.Error()
	}
	return "the connection to IAM broke: " + innermost(err).Error()
}

// kindOf returns what is the same in the errors of calls that failed for one reason: all words,
// or of a denial, those that do not depend on the call.
func kindOf(err error) string {
	if _, denied := denialOf(err); denied {
		return kindOfDenial(words(err))
	}
	return words(err)
}

func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// requestID returns the id of the request, which AWS Support asks for.
func requestID(err error) string {
	var response interface{ ServiceRequestID() string }
	if errors.As(err, &response) && response.ServiceRequestID() != "" {
		return " [IAM request " + response.ServiceRequestID() + "]"
	}
	return ""
}

// A failure is a call that did not succeed.
type failure interface {
	error
	what() string  // "reading role ray-head"
	cause() string // in IAM's words, if it has answered
	kind() string  // the same for calls that failed for one reason
}

// A callError is a call that failed for good, or for now.
type callError struct {
	doing string
	err   error
	stale bool // IAM is not as it was observed

	template bool // the template's own fault
}

func (e *callError) Error() string { return e.doing + ": " + e.cause() + requestID(e.err) }
func (e *callError) Unwrap() error { return e.err }
func (e *callError) what() string  { return e.doing }
func (e *callError) cause() string { return words(e.err) }
func (e *callError) kind() string  { return kindOf(e.err) }

// A deadlineError says that time ran out, and during which call.
type deadlineError struct {
	doing  string
	waited time.Duration
	err    error
	sync   *Sync // of the request
}

func (e *deadlineError) Error() string { return e.doing + ": " + e.cause() + requestID(e.err) }
func (e *deadlineError) Unwrap() error { return e.err }
func (e *deadlineError) what() string  { return e.doing }
func (e *deadlineError) kind() string  { return "before the deadline: " + kindOf(e.err) }
func (e *deadlineError) cause() string {
	switch text := words(e.err); {
	case isThrottle(e.err):
		return fmt.Sprintf("no success before the deadline, the last answer was: %s; IAM has throttled %d of the %d calls of this request", text, e.sync.throttled.Load(), e.sync.calls.Load())
	case text != noAnswer:
		return "no success before the deadline, the last answer was: " + text
	}
	return fmt.Sprintf("%s within %s, before the deadline", noAnswer, e.waited.Round(time.Second))
}

// failures are the errors of calls that were made at once, in the plan's order.
type failures []error

// maxNamed is how many of the calls that failed for one reason are named.
const maxNamed = 3

// Error has each reason once, with the calls that failed for it, and each advice once.
func (fs failures) Error() string {
	var texts []string
	for _, group := range fs.byCause() {
		texts = append(texts, group.String())
	}
	text := strings.Join(texts, "; ")
	if advice := fs.advice(); len(advice) > 0 {
		text += " (" + strings.Join(advice, "; ") + ")"
	}
	return text
}

func (fs failures) Unwrap() []error { return fs }

// Refused reports whether each of the calls failed because of the template.
func (fs failures) Refused() bool {
	return !slices.ContainsFunc(fs, func(err error) bool {
		e, ok := errors.AsType[*callError](err)
		return !ok || !e.template
	})
}

// A causeGroup is the calls that failed for one reason.
type causeGroup struct {
	kind  string
	first error
	calls []failure
}

func (fs failures) byCause() []*causeGroup {
	var groups []*causeGroup
	for _, err := range fs {
		f, ok := errors.AsType[failure](err)
		if !ok {
			groups = append(groups, &causeGroup{first: err})
			continue
		}
		i := slices.IndexFunc(groups, func(g *causeGroup) bool { return g.kind == f.kind() })
		if i < 0 {
			i, groups = len(groups), append(groups, &causeGroup{first: err, kind: f.kind()})
		}
		groups[i].calls = append(groups[i].calls, f)
	}
	return groups
}

// likewise says that IAM's words are about the first call, and the other calls failed for the
// same reason.
const likewise = ", and likewise for each of these calls"

func (g *causeGroup) String() string {
	n := len(g.calls)
	if n < 2 {
		return g.first.Error()
	}
	var named []string
	for _, f := range g.calls[:min(n, maxNamed)] {
		named = append(named, f.what())
	}
	text := g.cause() + ": " + strings.Join(named, ", ")
	if n > maxNamed {
		text += fmt.Sprintf(" and %d more", n-maxNamed)
	}
	return text
}

// cause returns what is true for all calls of the group: the shortest time that IAM left one
// unanswered, for example.
func (g *causeGroup) cause() string {
	if _, denied := denialOf(g.first); !denied {
		return slices.MinFunc(g.calls, byWait).cause()
	}
	cause := g.calls[0].cause()
	if slices.ContainsFunc(g.calls, func(f failure) bool { return f.cause() != cause }) {
		cause += likewise
	}
	return cause
}

func byWait(a, b failure) int {
	wait := func(f failure) time.Duration {
		if late, ok := f.(*deadlineError); ok {
			return late.waited
		}
		return 0
	}
	return cmp.Compare(wait(a), wait(b))
}

// advice returns what to do about the failures, without duplicates.
func (fs failures) advice() []string {
	var advice []string
	for _, err := range fs {
		if d, ok := denialOf(err); ok {
			advice = append(advice, denialAdvice(d))
			continue
		}
		var api smithy.APIError
		if errors.As(err, &api) && advices[api.ErrorCode()] != "" {
			advice = append(advice, advices[api.ErrorCode()])
		}
	}
	slices.Sort(advice)
	return slices.Compact(advice)
}

// advices say what to do about IAM's final errors.
var advices = map[string]string{
	codeOverQuota:          "a quota of the account is used up: remove unused resources, or ask for a higher quota in Service Quotas",
	codeMalformed:          "correct the policy document in the template",
	codeUnattachable:       "name another policy in the template: AWS keeps this one for its own services' roles",
	"InvalidClientTokenId": "the function's credentials are not valid in this partition",
}

// denialAdvice says which policy denies a call, and what to do.
func denialAdvice(d denial) string {
	switch d.policy {
	case servicePolicy, resourceControl, declarativePolicy:
		return "a " + d.policy + " of the AWS organization forbids this: ask its owner what it demands, a permissions boundary or tags for instance, and declare that, or have the provider's execution role exempted"
	case boundaryPolicy:
		return "the permissions boundary on the provider's execution role forbids this: have the boundary's owner allow the IAM calls that the role's own policy allows"
	case sessionPolicy:
		return "a session policy on the provider's credentials forbids this: call the function without one"
	case resourcePolicy:
		return "a resource-based policy forbids this: ask the owner of the resource"
	case endpointPolicy:
		return "the policy of a VPC endpoint forbids this: allow the IAM calls of the provider's execution role in the endpoint's policy"
	}
	if d.explicit {
		return "a Deny statement of the provider's execution role forbids this: the names are the provider's own, or somebody has added a policy to the role"
	}
	return "the provider's execution role does not allow this: compare the parameters of the provider's stack with what the template asks for"
}
