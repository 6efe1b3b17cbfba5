package properties

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/schema"
)

// A standard checks with a validator for all of JSON Schema, and words the faults as the
// function does.
type standard struct {
	*Checker
	compiled *jsonschema.Schema
}

func newStandard(tb testing.TB) standard {
	tb.Helper()
	c := newChecker(tb)
	published, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Properties))
	if err != nil {
		tb.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("properties.json", published); err != nil {
		tb.Fatal(err)
	}
	compiled, err := compiler.Compile("properties.json")
	if err != nil {
		tb.Fatal(err)
	}
	return standard{c, compiled}
}

func (s standard) faults(value any) rayiam.Faults {
	var invalid *jsonschema.ValidationError
	if !errors.As(s.compiled.Validate(value), &invalid) {
		return nil
	}
	var faults rayiam.Faults
	s.collect(invalid, value, &faults)
	return faults
}

// collect collects the errors that name a rule. It does not look into oneOf and not, whose
// rule is in the description beside them.
func (s standard) collect(e *jsonschema.ValidationError, value any, faults *rayiam.Faults) {
	rule, at := s.at(e.SchemaURL), e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			known := slices.Sorted(maps.Keys(object(rule["properties"])))
			*faults = append(*faults, rayiam.Fault{Path: join(pathOf(at), name), Value: shown(lookup(value, append(slices.Clone(at), name))), Rule: unknownProperty(nearest(name, known))})
		}
		return
	case *kind.Required:
		for _, name := range k.Missing {
			*faults = append(*faults, rayiam.Fault{Path: join(pathOf(at), name), Rule: missing(text(rule["description"], ""))})
		}
		return
	case *kind.OneOf, *kind.Not:
	default:
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				s.collect(cause, value, faults)
			}
			return
		}
	}
	v := validator{checker: s.Checker, value: value}
	v.fault(rule, at)
	*faults = append(*faults, v.faults...)
}

// agrees checks that both find the same faults in a value.
func (s standard) agrees(tb testing.TB, value any) {
	tb.Helper()
	all := func(faults rayiam.Faults) string {
		var lines []string
		for _, f := range faults {
			lines = append(lines, f.String())
		}
		slices.Sort(lines)
		return strings.Join(slices.Compact(lines), "\n")
	}
	if got, want := all(s.Checker.faults(value)), all(s.faults(value)); got != want {
		shown, _ := json.Marshal(value)
		tb.Errorf("%s\ngot  %s\nwant %s", shown, got, want)
	}
}

// odd are the values that replace each value.
var odd = []string{
	`null`, `true`, `"true"`, `0`, `-1`, `1.0`, `1.5`, `121`, `3601`, `1e3`, `1e-1`, `""`, `" "`, `"x"`, `"a b"`, `"Head"`, `"aws:x"`, `"10"`,
	`[]`, `[""]`, `["x", 1]`, `[{}]`, `{}`, `{"Name": "a"}`, `{"Unknown": 1}`, `{"": 1, "a.b": 2}`, `"é"`, `"/x/"`, `"arn:aws:iam::aws:policy/X"`,
	`{"Statement": []}`, `{"Statement": {"Effect": "Allow", "Action": "a:b", "NotAction": "c:d", "Resource": "*"}}`, `"` + strings.Repeat("x", 600) + `"`, `"` + strings.Repeat("é", 128) + `"`,
}

// TestSchema_Validator checks that the function finds the same faults as a validator of JSON
// Schema, in every event of the folder events with each value in turn replaced by each odd
// one, removed or joined by an unknown property.
// Reference 2.1.
func TestSchema_Validator(t *testing.T) {
	s := newStandard(t)
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: %v", files, err)
	}
	n := 0
	for _, file := range files {
		raw := declared(t, filepath.Base(file))
		value, err := unmarshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		s.agrees(t, value)
		for _, place := range places(value, nil) {
			for _, text := range odd {
				changed, err := unmarshal(raw)
				if err != nil {
					t.Fatal(err)
				}
				with, err := unmarshal([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				s.agrees(t, replaced(changed, place, with))
				n++
			}
			changed, _ := unmarshal(raw)
			if parent := object(lookup(changed, place[:max(0, len(place)-1)])); parent != nil && len(place) > 0 {
				delete(parent, place[len(place)-1])
				s.agrees(t, changed)
				parent["Unknown"] = true
				s.agrees(t, changed)
			}
		}
	}
	t.Logf("compared %d values", n)
}

// places returns the places of all values inside a value.
func places(value any, at []string) (all [][]string) {
	all = append(all, slices.Clone(at))
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			all = append(all, places(value[name], append(slices.Clone(at), name))...)
		}
	case []any:
		for i, element := range value {
			all = append(all, places(element, append(slices.Clone(at), fmt.Sprint(i)))...)
		}
	}
	return all
}

func replaced(value any, place []string, with any) any {
	if len(place) == 0 {
		return with
	}
	switch parent := lookup(value, place[:len(place)-1]).(type) {
	case map[string]any:
		parent[place[len(place)-1]] = with
	case []any:
		var i int
		_, _ = fmt.Sscan(place[len(place)-1], &i)
		parent[i] = with
	}
	return value
}

// FuzzSchema checks the same for any JSON.
func FuzzSchema(f *testing.F) {
	s := newStandard(f)
	files, _ := filepath.Glob("../../events/*.json")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
		f.Add(string(declared(f, filepath.Base(file))))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		value, err := unmarshal([]byte(raw))
		if len(raw) > 10000 || strings.ContainsAny(raw, "eE") && strings.Contains(raw, "e9") || err != nil {
			return
		}
		s.agrees(t, value)
	})
}

// TestSchema_IsUnderstood checks that a schema with an unknown keyword is refused, and that
// every pattern compiles.
// Reference 2.1.
func TestSchema_IsUnderstood(t *testing.T) {
	for _, text := range []string{`{"anyOf": []}`, `{"properties": {"A": {"format": "date"}}}`, `{"items": true}`, `{"additionalProperties": {}}`, `{"allOf": [{"const": 1}]}`} {
		value, err := unmarshal([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if understood(object(value)) == nil {
			t.Errorf("the schema %s is accepted, want an error", text)
		}
	}
	c := newChecker(t)
	var compile func(value any)
	n := 0
	compile = func(value any) {
		for _, inner := range list(value) {
			compile(inner)
		}
		for name, inner := range object(value) {
			if pattern, ok := inner.(string); ok && name == "pattern" {
				c.pattern(pattern)
				n++
			}
			if ref, ok := inner.(string); ok && name == "$ref" && c.at(ref) == nil {
				t.Errorf("the reference %s in the schema leads nowhere", ref)
			}
			compile(inner)
		}
	}
	compile(c.published)
	if n == 0 {
		t.Error("found no pattern in the schema, want more: are they read?")
	}
}
