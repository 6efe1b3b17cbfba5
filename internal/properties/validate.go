package properties

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// The function reads the published schema as it is, keyword by keyword. A validator for all of
// JSON Schema compiles the schemas of each draft when a process starts, which took longer than
// everything else before the first event. Tests check that this code agrees with such a
// validator: TestSchema_Validator, FuzzSchema.

// keywords are the keywords of JSON Schema 2020-12 that rules may have: keywords that are
// checked, and annotations. NewChecker refuses a schema with another keyword.
var keywords = map[string]bool{
	"type": true, "enum": true, "$ref": true, "pattern": true, "minLength": true, "maxLength": true, "minimum": true, "maximum": true,
	"minItems": true, "maxItems": true, "items": true, "properties": true, "additionalProperties": true, "required": true,
	"allOf": true, "oneOf": true, "not": true, "if": true, "then": true, "else": true,
	"$schema": true, "$id": true, "$defs": true, "$comment": true, "title": true, "description": true, "default": true,
	"contentMediaType": true, "contentSchema": true,
}

// understood returns an error if a rule, or a rule inside it, has an unknown keyword, or a
// keyword in an unknown form.
func understood(rule map[string]any) error {
	for word, value := range rule {
		inner := []any{}
		switch word {
		case "properties", "$defs":
			inner = slices.Collect(maps.Values(object(value)))
		case "allOf", "oneOf":
			inner = list(value)
		case "items", "not", "if", "then", "else", "contentSchema":
			inner = []any{value}
		case "additionalProperties":
			if value != false {
				return fmt.Errorf("additionalProperties: %v: only false is known", value)
			}
		}
		for _, r := range inner {
			if object(r) == nil {
				return fmt.Errorf("%s: %v is no rule", word, r)
			}
			if err := understood(object(r)); err != nil {
				return err
			}
		}
		if !keywords[word] {
			return fmt.Errorf("the keyword %s is not known", word)
		}
	}
	return nil
}

// A validator checks a value against rules, and adds to faults each rule that the value
// breaks.
type validator struct {
	checker *Checker
	value   any // at the top
	faults  rayiam.Faults
	silent  bool // records only whether there is a fault
	broken  bool // there is one
}

// check checks a value at a place against a rule. Nothing keeps the place, so that the places
// of siblings may share their memory.
func (v *validator) check(rule map[string]any, value any, at []string) {
	if !hasType(rule["type"], value) || !isIn(rule["enum"], value) {
		v.broken = true
		v.fault(rule, at)
		return
	}
	if ref, ok := rule["$ref"].(string); ok {
		v.check(v.checker.at(ref), value, at)
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(rule, value, at)
	case []any:
		v.hold(rule, at, within(len(value), rule["minItems"], rule["maxItems"]))
		for i, element := range value {
			if items := object(rule["items"]); items != nil {
				v.check(items, element, append(at, strconv.Itoa(i)))
			}
		}
	case string:
		v.hold(rule, at, within(utf8.RuneCountInString(value), rule["minLength"], rule["maxLength"]))
		if pattern, ok := rule["pattern"].(string); ok {
			v.hold(rule, at, v.checker.pattern(pattern).MatchString(value))
		}
	case json.Number:
		v.hold(rule, at, inRange(float(value), rule["minimum"], rule["maximum"]))
	}
	v.conditions(rule, value, at)
}

func (v *validator) object(rule, value map[string]any, at []string) {
	for _, name := range list(rule["required"]) {
		if _, ok := value[text(name, "")]; !ok {
			v.broken = true
			v.add(rayiam.Fault{Path: join(pathOf(at), text(name, "")), Rule: missing(text(rule["description"], ""))})
		}
	}
	known := object(rule["properties"])
	for name := range value {
		if inner := object(known[name]); inner != nil {
			v.check(inner, value[name], append(at, name))
		} else if rule["additionalProperties"] == false {
			v.broken = true
			v.add(rayiam.Fault{Path: join(pathOf(at), name), Value: shown(value[name]), Rule: unknownProperty(nearest(name, slices.Sorted(maps.Keys(known))))})
		}
	}
}

// conditions checks the rules inside a rule that are about the same value.
func (v *validator) conditions(rule map[string]any, value any, at []string) {
	if not := object(rule["not"]); not != nil {
		v.hold(rule, at, !v.obeys(not, value, at))
	}
	for _, inner := range list(rule["allOf"]) {
		v.check(object(inner), value, at)
	}
	if branches := list(rule["oneOf"]); branches != nil {
		n := 0
		for _, branch := range branches {
			if v.obeys(object(branch), value, at) {
				n++
			}
		}
		v.hold(rule, at, n == 1)
	}
	if condition := object(rule["if"]); condition != nil {
		branch := "else"
		if v.obeys(condition, value, at) {
			branch = "then"
		}
		if inner := object(rule[branch]); inner != nil {
			v.check(inner, value, at)
		}
	}
}

// obeys reports whether a value obeys a rule.
func (v *validator) obeys(rule map[string]any, value any, at []string) bool {
	inner := validator{checker: v.checker, silent: true}
	inner.check(rule, value, at)
	return !inner.broken
}

func (v *validator) hold(rule map[string]any, at []string, holds bool) {
	if !holds {
		v.broken = true
		v.fault(rule, at)
	}
}

// fault adds that the value at a place breaks a rule.
func (v *validator) fault(rule map[string]any, at []string) {
	if v.silent {
		return
	}
	path := pathOf(at)
	if path == "" {
		path = everyProperty
	}
	found := lookup(v.value, at)
	want := wanted(text(rule["description"], "another value"))
	if isBlankElement(at, found) {
		want = leaveBlankOut + "; " + want
	}
	v.add(rayiam.Fault{Path: path, Value: shown(found), Rule: want})
}

func (v *validator) add(f rayiam.Fault) {
	if !v.silent {
		v.faults = append(v.faults, f)
	}
}

// hasType reports whether a value has the type, or one of the types, that a rule says.
func hasType(types, value any) bool {
	if types == nil {
		return true
	}
	all := list(types)
	if all == nil {
		all = []any{types}
	}
	is := typeOf(value)
	return slices.Contains(all, any(is)) || is == "integer" && slices.Contains(all, any("number"))
}

func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if isInteger(value) {
			return "integer"
		}
		return "number"
	}
	return ""
}

// isInteger is exact unless the number has an exponent, with which it could be too large.
func isInteger(n json.Number) bool {
	if !strings.ContainsAny(n.String(), "eE") {
		_, fraction, _ := strings.Cut(n.String(), ".")
		return strings.Trim(fraction, "0") == ""
	}
	return float(n) == math.Trunc(float(n))
}

func isIn(enum, value any) bool {
	return enum == nil || slices.ContainsFunc(list(enum), func(one any) bool { return reflect.DeepEqual(one, value) })
}

// within reports whether a count is in the limits, of which either may be absent.
func within(n int, least, most any) bool { return inRange(float64(n), least, most) }

func inRange(n float64, least, most any) bool {
	low, isLow := least.(json.Number)
	high, isHigh := most.(json.Number)
	return (!isLow || n >= float(low)) && (!isHigh || n <= float(high))
}

// float returns a number as a float64, which is exact enough for the limits. A number that is
// too large is infinite.
func float(n json.Number) float64 {
	f, _ := n.Float64()
	return f
}

// patterns are the regular expressions of the schema. Each is compiled at its first use.
type patterns struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}

// pattern returns a compiled pattern of the schema. A test checks that each pattern compiles.
func (c *Checker) pattern(text string) *regexp.Regexp {
	c.patterns.mu.Lock()
	defer c.patterns.mu.Unlock()
	if c.patterns.compiled[text] == nil {
		c.patterns.compiled[text] = regexp.MustCompile(text)
	}
	return c.patterns.compiled[text]
}

// unmarshal decodes JSON with its numbers as they are written.
func unmarshal(raw []byte) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("invalid character after top-level value")
	}
	return value, nil
}
