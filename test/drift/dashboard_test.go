package drift

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/emf"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// A widget is a widget of the dashboard, with the members that name metrics and log lines.
type widget struct {
	Type       string
	Properties struct {
		Title, Query string
		Metrics      [][]string
	}
}

// watching returns the dashboard's widgets and the metrics of the alarms. A metric is its
// namespace, its name, and its dimensions with their values in turn.
func watching(t *testing.T) (widgets []widget, alarms map[string][]string) {
	t.Helper()
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", "import json, sys\nfrom samcli.yamlhelper import yaml_parse\njson.dump(yaml_parse(open('template.yaml').read())['Resources'], sys.stdout)")
	cmd.Dir = checkout.Root()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var resources map[string]struct {
		Type       string
		Properties struct {
			Namespace, MetricName string
			Dimensions            []struct {
				Name  string
				Value any
			}
			DashboardBody struct {
				Text string `json:"Fn::Sub"`
			}
		}
	}
	if err := json.Unmarshal(out, &resources); err != nil {
		t.Fatal(err)
	}
	alarms = map[string][]string{}
	for name, r := range resources {
		switch {
		case r.Type == "AWS::CloudWatch::Alarm" && r.Properties.Namespace == emf.Namespace:
			alarms[name] = []string{r.Properties.Namespace, r.Properties.MetricName}
			for _, d := range r.Properties.Dimensions {
				alarms[name] = append(alarms[name], d.Name, fmt.Sprint(d.Value))
			}
		case r.Type == "AWS::CloudWatch::Dashboard":
			var body struct{ Widgets []widget }
			if err := json.Unmarshal([]byte(r.Properties.DashboardBody.Text), &body); err != nil {
				t.Fatalf("the dashboard is not JSON: %v", err)
			}
			widgets = body.Widgets
		}
	}
	return widgets, alarms
}

// outcomes are the outcomes of requests in the tests of package customresource.
var outcomes = []string{"SUCCESS", "FAILED", "REFUSED", "UNDELIVERED", "EXPIRED", "ABANDONED"}

// written returns the metrics in these lines, each as namespace, name and dimensions, and
// the values that each dimension has in them.
func written(t *testing.T, lines []map[string]any) (metrics map[string]bool, values map[string][]string) {
	t.Helper()
	metrics, values = map[string]bool{}, map[string][]string{}
	for _, line := range lines {
		text, err := json.Marshal(line["_aws"])
		if err != nil {
			t.Fatal(err)
		}
		var m emf.Metadata
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		for _, directive := range m.CloudWatchMetrics {
			for _, metric := range directive.Metrics {
				if _, number := line[metric.Name].(float64); !number {
					t.Errorf("the metric %s has no value: %v", metric.Name, line)
				}
				for _, dimensions := range directive.Dimensions {
					metrics[strings.Join(append([]string{directive.Namespace, metric.Name}, dimensions...), " ")] = true
				}
			}
			for _, dimension := range slices.Concat(directive.Dimensions...) {
				values[dimension] = append(values[dimension], fmt.Sprint(line[dimension]))
			}
		}
	}
	return metrics, values
}

// TestDashboard proves that the function writes each metric, dimension and log field that
// the dashboard and the alarms name.
// Reference 15.11.
func TestDashboard(t *testing.T) {
	l := newLab(t)
	drifted := l.created(nil)
	l.updated(drifted, properties{"Revision": "2"})
	l.Failed(first(l.Stack().Create(quick)), "role ray-head") // refused
	l.Failed(first(l.Stack().Create(quick.With(properties{"NamePrefix": strings.Repeat("x", 99)}))), "NamePrefix")
	gone := l.created(properties{"NamePrefix": "ray-gone"})
	l.OK(gone.Delete())
	left := l.created(properties{"NamePrefix": "ray-left"})
	l.Resources.Forget(left.ID, left.LogicalID)
	l.RemoveRole("ray-head", "ray-head")
	log, output := l.scheduled()
	l.Function.Stop()
	log, output = append(log, rig.LogLines(t, l.Function.Log())...), append(output, rig.LogLines(t, l.Function.Output())...)
	metrics, values := written(t, output)
	values["Outcome"] = append(values["Outcome"], outcomes...)

	widgets, alarms := watching(t)
	if len(widgets) < 6 || len(alarms) < 4 {
		t.Errorf("found %d widgets and %d alarms, want more", len(widgets), len(alarms))
	}
	named := func(who string, metric []string) {
		shape := slices.Clone(metric[:2])
		for i := 2; i+1 < len(metric); i += 2 {
			shape = append(shape, metric[i])
			if metric[i] != "FunctionName" && !slices.Contains(values[metric[i]], metric[i+1]) {
				t.Errorf("%s uses the dimension %s=%s, the function writes only %v", who, metric[i], metric[i+1], values[metric[i]])
			}
		}
		if !metrics[strings.Join(shape, " ")] {
			t.Errorf("%s uses the metric %s, which the function does not write", who, strings.Join(shape, " "))
		}
	}
	for name, metric := range alarms {
		named(name, metric)
	}
	for _, w := range widgets {
		for _, metric := range w.Properties.Metrics {
			named(w.Properties.Title, metric)
		}
		if w.Type == "log" {
			queries(t, w, log)
		}
	}
}

func first(a, _ cloudformation.Answer) cloudformation.Answer { return a }

var (
	queryFields  = regexp.MustCompile(`\| fields ([^|]+) \|`)
	queryFilters = regexp.MustCompile(`(\w+) = '([^']+)'`)
)

// queries proves that the log has the lines and the fields that a widget's query names.
func queries(t *testing.T, w widget, log []map[string]any) {
	t.Helper()
	words := map[string]bool{}
	for _, m := range queryFilters.FindAllStringSubmatch(w.Properties.Query, -1) {
		words[m[2]] = false
		for _, line := range append(log, map[string]any{"msg": "look failed"}) { // see TestLook_Fails
			words[m[2]] = words[m[2]] || line[m[1]] == m[2]
		}
		if !words[m[2]] {
			t.Errorf("%s: no log line has %s = %s", w.Properties.Title, m[1], m[2])
		}
	}
	for _, field := range strings.Split(queryFields.FindStringSubmatch(w.Properties.Query)[1], ", ") {
		found := strings.HasPrefix(field, "@") || field == "error" // the field error is only in the log of a look that failed
		for _, line := range log {
			if _, has := line[field]; has && words[fmt.Sprint(line["msg"])] {
				found = true
			}
		}
		if !found {
			t.Errorf("%s: none of the lines that the query finds has the field %s", w.Properties.Title, field)
		}
	}
	if len(words) == 0 {
		t.Errorf("%s: the query has no filter", w.Properties.Title)
	}
}
