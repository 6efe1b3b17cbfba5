package customresource

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// maxReserve is the most time that is kept for delivering the answer, enough for several
// attempts. If a fifth of the request's time is less, only a fifth is kept.
const maxReserve = 15 * time.Second

// workDeadline returns when the work on a request has to be done, so that the answer still
// arrives: before the function's own deadline, before CloudFormation stops waiting, which is
// ServiceTimeout after it issued the request, and before the response URL expires. A limit that
// the request does not have is ignored.
func workDeadline(ctx context.Context, r Request, now time.Time) (time.Time, bool) {
	end, ok := ctx.Deadline()
	before := func(other time.Time) {
		if !ok || other.Before(end) {
			end, ok = other, true
		}
	}
	if v, known := r.validity(); known {
		before(v.expires)
		// If the URL does not say when it was signed, the time is assumed, and no request may
		// fail because the assumption is wrong.
		if r.ServiceTimeout > 0 && !v.signed.IsZero() {
			before(v.signed.Add(r.ServiceTimeout))
		}
	}
	if !ok {
		return time.Time{}, false
	}
	return end.Add(-min(maxReserve, end.Sub(now)/5)), true
}

// longestServiceTimeout is the longest ServiceTimeout that CloudFormation accepts.
const longestServiceTimeout = time.Hour

// serviceTimeout returns the shortest ServiceTimeout of an event, or 0 if the event has no
// valid one. CloudFormation reads it in the template, and sends it as a field of the event, as
// a property of the resource, or not at all.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
func serviceTimeout(event map[string]json.RawMessage) time.Duration {
	var properties map[string]json.RawMessage
	_ = json.Unmarshal(event["ResourceProperties"], &properties) // only an object has properties
	var shortest time.Duration
	for _, raw := range []json.RawMessage{event["ServiceTimeout"], properties["ServiceTimeout"]} {
		text := strings.Trim(string(raw), "\" ")
		if timeout, ok := seconds(text, longestServiceTimeout); ok && (shortest == 0 || timeout < shortest) {
			shortest = timeout
		}
	}
	return shortest
}
