package instances

import (
	"context"
	"log/slog"
	"net/http"

	"strings"
	"testing"
	"time"
)

// late returns a reply in which EC2 does not know a profile for a time, and then answers as
// last.
func late(delay time.Duration, last reply) reply {
	var begun time.Time
	return func(ctx context.Context) (*http.Response, error) {
		if begun.IsZero() {
			begun = time.Now()
		}
		if time.Since(begun) < delay {
			return isUnknown(ctx)
		}
		return last(ctx)
	}
}

// TestAwaitKnown checks after which answers AwaitKnown asks again, for how long, and what it
// logs.
// Reference 14.6, 14.7.
func TestAwaitKnown(t *testing.T) {
	const limit = time.Minute
	dry := fails(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	for name, tt := range map[string]struct {
		replies []reply
		took    time.Duration
		calls   int
		logged  string
	}{
		"denied":                         {[]reply{denies}, 0, 1, `"ec2Answer":"UnauthorizedOperation: You are not authorized to perform this operation."`},
		"known, as with a right":         {[]reply{dry}, 0, 1, `"ec2Answer":"DryRunOperation: `},
		"another value is invalid":       {[]reply{fails(400, "InvalidParameterValue", "Value (x) for parameter imageId is invalid")}, 0, 1, `"ec2Answer":"InvalidParameterValue: Value`},
		"no such image":                  {[]reply{fails(400, "InvalidAMIID.NotFound", "no")}, 0, 1, `"ec2Answer":"InvalidAMIID.NotFound: no"`},
		"throttled at first":             {[]reply{throttles}, 0, 1, `"ec2Answer":"RequestLimitExceeded: `},
		"silent at first":                {[]reply{hangs}, attemptTimeout, 1, `"ec2Answer":"EC2 did not answer"`},
		"no such Region":                 {[]reply{nowhere}, 0, 1, `"ec2Answer":"the connection to EC2 broke: `},
		"answered with a launch":         {[]reply{func(context.Context) (*http.Response, error) { return response(200, "<RunInstancesResponse/>"), nil }}, 0, 1, `"ec2Answer":"no error"`},
		"name unknown, then denied":      {[]reply{isNameless, denies}, askPause, 2, `"ec2Answer":"UnauthorizedOperation: `},
		"without role, then denied":      {[]reply{isRoleless, isRoleless, denies}, 2 * askPause, 3, `"attempt":3`},
		"unknown, throttled, known":      {[]reply{isUnknown, throttles, isUnknown, dry}, 3 * askPause, 4, `"ec2Answer":"DryRunOperation: `},
		"unknown for longer than it may": {[]reply{isUnknown}, limit, -1, `"level":"WARN","msg":"EC2 does not know a new instance profile yet`},
		"unknown, then silent for long":  {[]reply{isUnknown, hangs}, limit, -1, `"ec2Answer":"InvalidParameterValue: `},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{"us-east-1": tt.replies}}
			log, took := onWire(t, w, func(ctx context.Context, r *Reader, log *slog.Logger) {
				r.AwaitKnown(ctx, "us-east-1", []string{head}, limit, log)
			})
			if took != tt.took || tt.calls >= 0 && len(w.forms) != tt.calls {
				t.Errorf("took %s and %d calls, want %s and %d", took, len(w.forms), tt.took, tt.calls)
			}
			if strings.Count(log, "\n") != 1 || !strings.Contains(log, tt.logged) || !strings.Contains(log, head) {
				t.Errorf("logged %s, want one line with %s", log, tt.logged)
			}
			for _, form := range w.forms {
				if form.Get("Action") != "RunInstances" || form.Get("DryRun") != "true" || form.Get("IamInstanceProfile.Arn") != head || form.Get("ImageId") != noImage {
					t.Errorf("EC2 was asked with the parameters %v", form)
				}
			}
		})
	}
}

// TestAwaitKnown_Figures compares the table of waits in docs/instances.md with the waits in a
// run, with EC2's view of a profile as late as the table says: if EC2 answers the question,
// and if it denies it. The propagation wait of ten seconds follows.
// Reference 14.6.
func TestAwaitKnown_Figures(t *testing.T) {
	const wait = 10 * time.Second
	var rows []string
	for _, lag := range []time.Duration{0, 5 * time.Second, 20 * time.Second, 60 * time.Second, 100 * time.Second, 150 * time.Second} {
		w := &wire{replies: map[string][]reply{"us-east-1": {late(lag, denies)}}}
		_, took := onWire(t, w, func(ctx context.Context, r *Reader, log *slog.Logger) {
			r.AwaitKnown(ctx, "us-east-1", []string{head}, MaxWait, log)
		})
		rows = append(rows, row(lag, took+wait, wait))
	}
	page := table(t)
	if got := strings.Join(rows, "\n"); got != page {
		t.Errorf("docs/instances.md has\n%s\nwant\n%s", page, got)
	}
}
