package customresource

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// maxReserve is how much of the time is kept for the answer, at most: several
// attempts at delivering it. Of a short time it is a fifth.
const maxReserve = 15 * time.Second

// workDeadline returns when the work on a request has to be done, so that the
// answer still arrives: before the function's own deadline, and before
// CloudFormation stops waiting. That is ServiceTimeout seconds after it signed the
// response URL, where both are known.
func workDeadline(ctx context.Context, r Request, now time.Time) (time.Time, bool) {
	end, ok := ctx.Deadline()
	if at, _, signed := r.issued(); signed {
		if timeout := serviceTimeout(r.Properties); timeout > 0 && (!ok || at.Add(timeout).Before(end)) {
			end, ok = at.Add(timeout), true
		}
	}
	if !ok {
		return time.Time{}, false
	}
	return end.Add(-min(maxReserve, end.Sub(now)/5)), true
}

// serviceTimeout returns the property of that name, 0 where there is none that can
// be understood. CloudFormation itself reads it; it sends it along as a string.
func serviceTimeout(properties json.RawMessage) time.Duration {
	var p struct{ ServiceTimeout any }
	if err := json.Unmarshal(properties, &p); err != nil {
		return 0
	}
	switch v := p.ServiceTimeout.(type) {
	case float64:
		return time.Duration(v * float64(time.Second))
	case string:
		seconds, err := strconv.Atoi(strings.TrimSpace(v))
		if err == nil {
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}
