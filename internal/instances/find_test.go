package instances

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFind checks which instances are found in which Region, the error for a Region that
// cannot be asked, and that a temporary fault is retried.
// Reference 14.1, 14.5.
func TestFind(t *testing.T) {
	one, two := "i-1 "+head+" research", "i-2 "+worker+" research"
	for name, tt := range map[string]struct {
		replies map[string][]reply
		want    string // "id cluster region, ..."
		fails   string
		calls   int
		longest time.Duration
	}{
		"none":                         {map[string][]reply{"us-east-1": {lists("")}}, "", "", 1, 0},
		"of another profile":           {map[string][]reply{"us-east-1": {lists("", "i-3 "+head+"-2", one)}}, "i-1 research us-east-1", "", 1, 0},
		"pages":                        {map[string][]reply{"us-east-1": {lists("more", two), lists("more", "i-9 "+head), lists("", one)}}, "i-9  us-east-1, i-1 research us-east-1, i-2 research us-east-1", "", 3, 0},
		"Regions":                      {map[string][]reply{"us-east-1": {lists("", two)}, "eu-west-1": {lists("", one)}}, "i-1 research eu-west-1, i-2 research us-east-1", "", 2, 0},
		"throttled":                    {map[string][]reply{"us-east-1": {throttles, throttles, throttles, lists("", one)}}, "i-1 research us-east-1", "", 4, lookTime},
		"unavailable, reset, silent":   {map[string][]reply{"us-east-1": {unavailable, resets, hangs, lists("", one)}}, "i-1 research us-east-1", "", 4, lookTime},
		"throttled on its second page": {map[string][]reply{"us-east-1": {lists("more", two), throttles, lists("", one)}}, "i-1 research us-east-1, i-2 research us-east-1", "", 3, lookTime},
		"denied":                       {map[string][]reply{"us-east-1": {denies}}, "", "looking for instances in us-east-1: UnauthorizedOperation: You are not authorized to perform this operation.", 1, 0},
		"denied on its second page":    {map[string][]reply{"us-east-1": {lists("more", two), denies}}, "i-2 research us-east-1", "UnauthorizedOperation", 2, 0},
		"denied on a second page, in one Region of two":          {map[string][]reply{"us-east-1": {lists("more", two), denies}, "eu-west-1": {lists("", one)}}, "i-1 research eu-west-1, i-2 research us-east-1", "looking for instances in us-east-1: UnauthorizedOperation", 3, 0},
		"silent after a first page, in one Region of two":        {map[string][]reply{"us-east-1": {lists("", two)}, "eu-west-1": {lists("more", one), hangs}}, "i-1 research eu-west-1, i-2 research us-east-1", "looking for instances in eu-west-1: EC2 did not answer", -1, maxSilence},
		"throttled after a page of others, in one Region of two": {map[string][]reply{"us-east-1": {lists("", "i-3 "+head+"-2")}, "eu-west-1": {lists("more", "i-3 "+head+"-2"), throttles}}, "", "looking for instances in eu-west-1: RequestLimitExceeded", -1, lookTime},
		"off in one Region":  {map[string][]reply{"us-east-1": {lists("", two)}, "ap-east-1": {regionOff}}, "i-2 research us-east-1", "looking for instances in ap-east-1: AuthFailure", 2, 0},
		"no such Region":     {map[string][]reply{"mars-1": {nowhere}}, "", "looking for instances in mars-1: the connection to EC2 broke: lookup ec2.mars-1.amazonaws.com: no such host", 1, 0},
		"silent":             {map[string][]reply{"us-east-1": {hangs}}, "", "looking for instances in us-east-1: EC2 did not answer", -1, maxSilence},
		"throttled for ever": {map[string][]reply{"us-east-1": {throttles}}, "", "RequestLimitExceeded", -1, lookTime},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: tt.replies}
			var regions []string
			for region := range tt.replies {
				regions = append(regions, region)
			}
			_, took := onWire(t, w, func(ctx context.Context, r *Reader, _ *slog.Logger) {
				found, err := r.Find(ctx, regions, []string{head, worker})
				var got []string
				for _, i := range found {
					got = append(got, fmt.Sprintf("%s %s %s", i.ID, i.Cluster, i.Region))
				}
				if got := strings.Join(got, ", "); got != tt.want {
					t.Errorf("found %q, want %q", got, tt.want)
				}
				if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("got the error %v, want %q", err, tt.fails)
				}
			})
			if tt.calls >= 0 && len(w.forms) != tt.calls {
				t.Errorf("made %d calls, want %d", len(w.forms), tt.calls)
			}
			if took > tt.longest {
				t.Errorf("took %s, want at most %s", took, tt.longest)
			}
		})
	}
}

// TestFind_TakesNoLonger checks for how long EC2 is asked, by the request's remaining time and
// by whether EC2 answers at all.
// Reference 14.5.
func TestFind_TakesNoLonger(t *testing.T) {
	for name, tt := range map[string]struct {
		replies []reply
		left    time.Duration
		most    time.Duration
		least   time.Duration
	}{
		"silent":                           {[]reply{hangs}, 280 * time.Second, 10 * time.Second, 10 * time.Second},
		"silent, little time":              {[]reply{hangs}, 8 * time.Second, 4 * time.Second, 4 * time.Second},
		"out of reach":                     {[]reply{resets}, 280 * time.Second, 10 * time.Second, 10*time.Second - maxPause},
		"silent after it has throttled":    {[]reply{throttles, throttles, throttles, hangs}, 280 * time.Second, 10*time.Second + 3*maxPause, 10 * time.Second},
		"throttled for ever":               {[]reply{throttles}, 280 * time.Second, 60 * time.Second, 60*time.Second - maxPause},
		"throttled, less time":             {[]reply{throttles}, 100 * time.Second, 25 * time.Second, 25*time.Second - maxPause},
		"throttled, little time":           {[]reply{throttles}, 30 * time.Second, 10 * time.Second, 10*time.Second - maxPause},
		"unavailable, and then page after": {[]reply{unavailable, unavailable, lists("more"), throttles}, 280 * time.Second, 60 * time.Second, 60*time.Second - maxPause},
	} {
		t.Run(name, func(t *testing.T) {
			_, took := onWire(t, &wire{replies: map[string][]reply{"us-east-1": tt.replies}}, func(ctx context.Context, r *Reader, _ *slog.Logger) {
				ctx, cancel := context.WithTimeout(ctx, tt.left)
				defer cancel()
				if _, err := r.Find(ctx, []string{"us-east-1"}, []string{head}); err == nil {
					t.Error("got no error although EC2 did not answer")
				}
			})
			if took > tt.most || took < tt.least {
				t.Errorf("took %s, want %s to %s", took, tt.least, tt.most)
			}
		})
	}
}

// TestFind_Asks checks the parameters of the call to EC2.
// Reference 14.1.
func TestFind_Asks(t *testing.T) {
	w := &wire{replies: map[string][]reply{"us-east-1": {lists("more"), lists("")}}}
	onWire(t, w, func(ctx context.Context, r *Reader, _ *slog.Logger) {
		if found, err := r.Find(ctx, []string{"us-east-1"}, []string{head, worker}); len(found) > 0 || err != nil {
			t.Errorf("found %v (error: %v), want nothing", found, err)
		}
	})
	want := url.Values{
		"Action": {"DescribeInstances"}, "Version": {"2016-11-15"}, "MaxResults": {"1000"},
		"Filter.1.Name": {"iam-instance-profile.arn"}, "Filter.1.Value.1": {head}, "Filter.1.Value.2": {worker},
		"Filter.2.Name": {"instance-state-name"}, "Filter.2.Value.1": {"pending"}, "Filter.2.Value.2": {"running"}, "Filter.2.Value.3": {"stopping"}, "Filter.2.Value.4": {"stopped"},
	}
	for i, token := range []string{"", "more"} {
		if token != "" {
			want.Set("NextToken", token)
		}
		if got := w.forms[i]; got.Encode() != want.Encode() {
			t.Errorf("call %d has the parameters %v, want %v", i+1, got, want)
		}
	}
}

// TestInUseError checks the sentence of the Reason.
// Reference 14.1.
func TestInUseError(t *testing.T) {
	of := func(cluster, region string, ids ...string) (all []Instance) {
		for _, id := range ids {
			all = append(all, Instance{ID: id, Cluster: cluster, Region: region})
		}
		return all
	}
	for name, tt := range map[string]struct {
		err  InUseError
		want string
	}{
		"one, deleted": {InUseError{of("research", "us-east-1", "i-1"), true, false},
			`1 EC2 instance uses what would be deleted: i-1 of cluster research in us-east-1; without their instance profile they lose their permissions, and a head can no longer terminate its workers: end the cluster with "ray down" and delete again; where that no longer works, terminate these instances, the stopped ones too, and delete again (a stack in DELETE_FAILED cannot be updated, so AllowDeleteInUse must be true before the delete)`},
		"many, updated": {InUseError{slices.Concat(of("", "eu-west-1", "i-1"), of("a", "us-east-1", "i-2", "i-3", "i-4", "i-5", "i-6")), false, false},
			`6 EC2 instances use what would be deleted: i-1 of no Ray cluster in eu-west-1; i-2, i-3, i-4 and 2 more of cluster a in us-east-1; without their instance profile they lose their permissions, and a head can no longer terminate its workers: end the cluster with "ray down", or terminate these instances, the stopped ones too, and update again; or set AllowDeleteInUse to true`},
		"one, of an orphaned set": {InUseError{of("research", "us-east-1", "i-1"), true, true},
			`1 EC2 instance uses what would be deleted: i-1 of cluster research in us-east-1; without their instance profile they lose their permissions, and a head can no longer terminate its workers: end the cluster, or terminate these instances, the stopped ones too, and delete again; or pass --allow-delete-in-use`},
		"more clusters than are named": {InUseError{slices.Concat(of("a", "r", "i-1"), of("b", "r", "i-2"), of("c", "r", "i-3"), of("d", "r", "i-4"), of("e", "r", "i-5")), false, false},
			`i-3 of cluster c in r; and 2 more of other clusters; without`},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.err.Error()
			if exact := strings.HasPrefix(tt.want, fmt.Sprint(len(tt.err.Instances))); exact && got != tt.want || !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !tt.err.Refused() {
				t.Error("the error counts as a failure of the provider, want a refusal")
			}
		})
	}
}
