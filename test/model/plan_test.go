package model

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/instances"
	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// A forecast is the plan of an event, made before the event is sent, as `rayiam plan` makes
// it: by the provider's code in the test's own process, past the proxies.
type forecast struct {
	made bool
	plan rayiam.Plan
	err  error // why the event will be refused
}

// newPlanner returns a provider that makes the plans of a world.
func newPlanner(w *world) *provider.Provider {
	settings := provider.SettingsFromEnvironment(func(string) string { return "" })
	settings.DenialPatience = 0
	p, err := provider.New(w.Config(), settings)
	if err != nil {
		w.TB.Fatalf("making the planner: %v", err)
	}
	return p
}

// forecast plans an event, unless a fault may change what the function writes.
func (w *world) forecast(e cloudformation.Event, f fault) forecast {
	if f.Kind != "" {
		return forecast{}
	}
	request, err := customresource.Decode(e.JSON())
	if err != nil {
		w.TB.Fatalf("decoding %s: %v", e.RequestType, err)
	}
	preview, err := w.planner.Plan(context.Background(), request, e.ServiceToken, slog.New(slog.DiscardHandler))
	return forecast{true, preview.Plan, err}
}

// carriedOut proves that the function makes the calls of the plan and no others: in each
// phase the same calls with the same arguments, in any order. If the plan is a refusal, the
// function refuses the event too.
func (w *world) carriedOut(what string, f forecast, answer cloudformation.Answer) {
	if !f.made {
		w.tally.add("plans", "not made, for a fault is to come")
		return
	}
	_, inUse := errors.AsType[*instances.InUseError](f.err)
	_, conflicts := provider.Refusals(f.err)
	switch {
	case answer.OK() && inUse && strings.HasPrefix(what, "Delete"):
		// Only the process in which the Create failed knows that this Delete rolls it back.
		w.tally.add("plans", "refused, of what a failed Create has left")
	case answer.OK() && len(conflicts) > 0 && strings.HasPrefix(what, "Update"):
		// Likewise, only that process knows that this Update rolls back one that was
		// refused.
		w.tally.add("plans", "refused, of the rollback of a refused Update")
	case answer.OK() != (f.err == nil):
		w.TB.Fatalf("%s was planned with the error %v, and answered %s: %s", what, f.err, answer.Status, answer.Reason)
	case !answer.OK():
		w.tally.add("plans", "refused, and so was the event")
	default:
		w.compare(what, f.plan)
	}
}

// compare compares a plan with the writes that the proxy has recorded.
func (w *world) compare(what string, plan rayiam.Plan) {
	var written []string
	for _, c := range w.Proxy.Calls() {
		if c.Writes() {
			written = append(written, call(c.Form))
		}
	}
	rest := written
	var planned [][]string
	same := true
	for _, phase := range plan.Phases {
		var calls []string
		for _, step := range phase {
			calls = append(calls, call(form(step)))
		}
		slices.Sort(calls)
		planned = append(planned, calls)
		n := min(len(calls), len(rest))
		same = same && slices.Equal(calls, slices.Sorted(slices.Values(rest[:n])))
		rest = rest[n:]
	}
	if !same || len(rest) > 0 {
		var text strings.Builder
		for i, calls := range planned {
			fmt.Fprintf(&text, "phase %d\n  %s\n", i+1, strings.Join(calls, "\n  "))
		}
		w.TB.Fatalf("%s: planned was\n%swritten was\n  %s", what, text.String(), strings.Join(written, "\n  "))
	}
	kind := "carried out"
	if len(written) == 0 {
		kind = "empty, and nothing was written"
	}
	w.tally.add("plans", kind)
}

// call returns a call with its arguments as text.
func call(f url.Values) string {
	arguments := url.Values{}
	for key, values := range f {
		if key != "Version" && key != "Action" {
			arguments[key] = values
		}
	}
	text, err := url.QueryUnescape(arguments.Encode())
	if err != nil {
		text = arguments.Encode()
	}
	return f.Get("Action") + " " + text
}

// form returns a step in the form of IAM's query API. It is written out here, independently
// of the function's code.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
func form(s rayiam.Step) url.Values {
	f := url.Values{"Action": {string(s.Call)}}
	set := func(key, value string) {
		if value != "" {
			f.Set(key, value)
		}
	}
	set("RoleName", s.Role)
	set("InstanceProfileName", s.InstanceProfile)
	set("Path", s.Path)
	set("PermissionsBoundary", s.Boundary)
	switch s.Call {
	case rayiam.AttachRolePolicy, rayiam.DetachRolePolicy:
		set("PolicyArn", s.Policy)
	case rayiam.CreateRole:
		set("AssumeRolePolicyDocument", s.Document)
	default:
		set("PolicyName", s.Policy)
		set("PolicyDocument", s.Document)
	}
	keys := []string{}
	for key := range s.Tags {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		f.Set(fmt.Sprintf("Tags.member.%d.Key", i+1), key)
		f.Set(fmt.Sprintf("Tags.member.%d.Value", i+1), s.Tags[key])
	}
	for i, key := range s.TagKeys {
		f.Set(fmt.Sprintf("TagKeys.member.%d", i+1), key)
	}
	return f
}
