// Package afterapply makes it possible to plan properties with values that CloudFormation does
// not know yet, such as the name of a bucket that the same change set creates. It replaces each
// such value by a placeholder that the schema accepts, and shows the placeholder as (known
// after apply).
//
// A value on which the whole plan depends, a name or a switch, has no placeholder.
package afterapply

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// Marker is what CloudFormation writes for such a value.
// https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2113
const Marker = "{{changeSet:KNOWN_AFTER_APPLY}}"

// Shown is the text that a person reads in place of such a value.
const Shown = "(known after apply)"

// Values are the placeholders of one or more sets of properties. The zero value has none.
type Values struct {
	Paths    []string // of the properties with placeholders
	standIns []string
}

// deciding matches the properties that name the roles: without them, there is nothing to look
// up.
var deciding = regexp.MustCompile(`^(NamePrefix|Path|WorkerGroups\[\d+\]\.Name|WorkerGroups)$`)

// ignored lists the properties that change no plan.
var ignored = []string{"ServiceToken", "ServiceTimeout", "Revision", "PropagationWaitSeconds"}

// Fill returns raw, the JSON of ResourceProperties, with a placeholder for each value that is
// known only after apply, as they would be in stack. The error names the properties that the
// plan depends on and that CloudFormation does not know.
func (v *Values) Fill(checker *properties.Checker, raw json.RawMessage, stack rayiam.Stack) (json.RawMessage, error) {
	if !strings.Contains(string(raw), Marker) {
		return raw, nil
	}
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		return nil, fmt.Errorf("reading properties: %w", err)
	}
	if top, ok := root.(map[string]any); ok {
		for _, name := range ignored {
			if text, ok := top[name].(string); ok && strings.Contains(text, Marker) {
				delete(top, name)
			}
		}
	}
	var undecided []string
	for _, place := range places(&root) {
		if deciding.MatchString(place.path) || !v.fill(checker, &root, place, stack) {
			undecided = append(undecided, place.path)
		}
	}
	if len(undecided) > 0 {
		slices.Sort(undecided)
		return nil, undecidedError(undecided)
	}
	return json.Marshal(root)
}

// undecidedError is about the properties with these paths.
func undecidedError(paths []string) error {
	return fmt.Errorf("%s: known only after apply, and the plan depends on it: plan again when what it refers to is there", strings.Join(paths, ", "))
}

// fill sets a place to the first placeholder that the schema accepts there, and reports
// whether there is one.
func (v *Values) fill(checker *properties.Checker, root *any, p place, stack rayiam.Stack) bool {
	for _, candidate := range candidates(p.text, len(v.standIns)+1, stack) {
		for _, form := range []any{candidate, []any{candidate}} {
			p.set(form)
			if !refused(checker, *root, p.path) {
				v.standIns = append(v.standIns, candidate)
				if !slices.Contains(v.Paths, p.path) {
					v.Paths = append(v.Paths, p.path)
				}
				return true
			}
		}
	}
	p.set(p.text)
	return false
}

// refused reports whether the schema finds a fault at a path or below it.
func refused(checker *properties.Checker, root any, path string) bool {
	raw, err := json.Marshal(root)
	if err != nil {
		return true
	}
	_, faults := checker.Read(raw)
	return slices.ContainsFunc(faults, func(f rayiam.Fault) bool {
		return f.Path == path || strings.HasPrefix(f.Path, path+"[") || strings.HasPrefix(f.Path, path+".")
	})
}

// candidates returns texts in the forms that properties have. No other place has the same
// texts.
func candidates(text string, n int, s rayiam.Stack) []string {
	name := fmt.Sprintf("known-after-apply-%d", n)
	id := fmt.Sprintf("0afafafafafafa%03x", n)
	regional := func(service, resource string) string {
		return "arn:" + s.Partition + ":" + service + ":" + s.Region + ":" + s.Account + ":" + resource
	}
	return []string{
		strings.ReplaceAll(text, Marker, name),
		"arn:" + s.Partition + ":iam::" + s.Account + ":policy/" + name,
		"subnet-" + id, "sg-" + id, "ami-" + id, "fs-" + id, "known.after-apply-" + strconv.Itoa(n),
		regional("ecr", "repository/"+name), regional("secretsmanager", "secret:"+name+"-AbCdEf"),
		regional("kms", fmt.Sprintf("key/11111111-2222-4333-8444-%012x", n)),
	}
}

// IsIn reports whether a text has a placeholder in it.
func (v *Values) IsIn(text string) bool {
	return slices.ContainsFunc(v.standIns, func(s string) bool { return strings.Contains(text, s) })
}

// Show returns a text with each placeholder replaced by Shown.
func (v *Values) Show(text string) string {
	for _, s := range slices.Backward(v.standIns) { // number 12 before number 1, whose text it begins with
		text = strings.ReplaceAll(text, s, Shown)
	}
	return text
}

// A place is one value that is known only after apply.
type place struct {
	path string
	text string
	set  func(any)
}

func places(root *any) []place {
	var found []place
	var walk func(path string, v any, set func(any))
	walk = func(path string, v any, set func(any)) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, Marker) {
				found = append(found, place{path, v, set})
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), e, func(x any) { v[i] = x })
			}
		case map[string]any:
			for name, e := range v {
				walk(strings.TrimPrefix(path+"."+name, "."), e, func(x any) { v[name] = x })
			}
		}
	}
	walk("", *root, func(x any) { *root = x })
	slices.SortFunc(found, func(a, b place) int { return strings.Compare(a.path, b.path) })
	return found
}
