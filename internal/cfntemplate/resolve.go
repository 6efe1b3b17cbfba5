package cfntemplate

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// A Stack is what CloudFormation knows when it computes a template's functions.
type Stack struct {
	Parameters map[string]string // those that are given; the others have their defaults
	Pseudo     map[string]string // "AWS::Region"
	Refs       map[string]string // the value of Ref for each resource
	Attributes map[string]string // the value of Fn::GetAtt for "Resource.Attribute"
	Exports    map[string]string // the value of Fn::ImportValue for each export

	// Unknown returns a placeholder for a value that the stack does not know, given its name:
	// "LogGroup.Arn", "Fn::Cidr". If Unknown is nil, such a value is an error.
	Unknown func(name string) string
}

// Resolve returns v with every function computed. The error names the value that the stack
// does not know.
func (t Template) Resolve(s Stack, v any) (resolved any, err error) {
	defer recoverUnknown(&err)
	resolved, _ = resolver{t, s, false}.resolve(v)
	return resolved, nil
}

// Choose returns the template for these parameters: without the resources and outputs whose
// condition is false, and with only the chosen branch of each Fn::If. Other functions stay.
func (t Template) Choose(s Stack) (chosen Template, err error) {
	defer recoverUnknown(&err)
	r := resolver{t, s, true}
	chosen = Template{Parameters: t.Parameters, Rules: t.Rules, Metadata: t.Metadata, Resources: map[string]Resource{}, Outputs: map[string]Output{}}
	for name, resource := range t.Resources {
		if r.there(resource.Condition) {
			properties, _ := r.resolve(resource.Properties)
			resource.Condition, resource.Properties = "", properties.(map[string]any)
			chosen.Resources[name] = resource
		}
	}
	for name, output := range t.Outputs {
		if r.there(output.Condition) {
			output.Condition = ""
			output.Value, _ = r.resolve(output.Value)
			chosen.Outputs[name] = output
		}
	}
	return chosen, nil
}

// An unknown is a name that neither the template nor the stack knows.
type unknown string

func recoverUnknown(err *error) {
	switch fault := recover().(type) {
	case nil:
	case unknown:
		*err = fmt.Errorf("resolving a template: %s", string(fault))
	case runtime.Error: // an argument in a form that the documentation does not have
		*err = fmt.Errorf("resolving a template: a function whose argument has another form than it should: %w", fault)
	default:
		panic(fault)
	}
}

type resolver struct {
	t          Template
	s          Stack
	onlyChoose bool // compute Fn::If and nothing else
}

// there reports whether a resource or output with this condition exists.
func (r resolver) there(condition string) bool {
	return condition == "" || r.holds(map[string]any{"Condition": condition})
}

// resolve returns v computed; keep is false for AWS::NoValue.
func (r resolver) resolve(v any) (resolved any, keep bool) {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			if one, keep := r.resolve(item); keep {
				list = append(list, one)
			}
		}
		return list, true
	case map[string]any:
		if name, argument, ok := function(v); ok {
			return r.call(name, argument, v)
		}
		m := map[string]any{}
		for name, each := range v {
			if one, keep := r.resolve(each); keep {
				m[name] = one
			}
		}
		return m, true
	}
	return v, true
}

// function returns the name and argument of the function that v is, if it is one.
func function(v map[string]any) (name string, argument any, ok bool) {
	for name, argument := range v {
		if len(v) == 1 && (name == "Ref" || strings.HasPrefix(name, "Fn::")) {
			return name, argument, true
		}
	}
	return "", nil, false
}

func (r resolver) call(name string, argument any, whole map[string]any) (any, bool) {
	if name == "Ref" && argument == "AWS::NoValue" {
		return nil, false
	}
	list, _ := argument.([]any)
	if name == "Fn::If" {
		if r.there(list[0].(string)) {
			return r.resolve(list[1])
		}
		return r.resolve(list[2])
	}
	if r.onlyChoose {
		return whole, true
	}
	switch name {
	case "Ref":
		return r.ref(argument.(string)), true
	case "Fn::GetAtt":
		return r.lookup(r.s.Attributes, fmt.Sprintf("%s.%s", list...)), true
	case "Fn::ImportValue":
		return r.lookup(r.s.Exports, r.text(argument)), true
	case "Fn::FindInMap":
		return r.find(list), true
	case "Fn::Sub":
		return r.sub(argument), true
	case "Fn::Join":
		var parts []string
		for _, part := range r.list(list[1]) {
			parts = append(parts, fmt.Sprint(part))
		}
		return strings.Join(parts, list[0].(string)), true
	case "Fn::Split":
		var parts []any
		for _, part := range strings.Split(r.text(list[1]), list[0].(string)) {
			parts = append(parts, part)
		}
		return parts, true
	case "Fn::Select":
		index, from := int(list[0].(float64)), r.list(list[1])
		if index >= len(from) {
			panic(unknown(fmt.Sprintf("number %d of %v", index, from)))
		}
		return from[index], true
	case "Fn::Length":
		return len(r.list(argument)), true
	}
	return r.standIn(name, "the function "+name), true
}

// find returns the value of Fn::FindInMap.
func (r resolver) find(keys []any) any {
	name, top, second := r.text(keys[0]), r.text(keys[1]), r.text(keys[2])
	if found, ok := r.t.Mappings[name][top][second]; ok {
		return found
	}
	return r.standIn(name+"."+top+"."+second, "the mapping "+name+" of "+top+" and "+second)
}

// standIn returns the placeholder for a value that the stack does not know.
func (r resolver) standIn(name, fault string) string {
	if r.s.Unknown == nil {
		panic(unknown(fault))
	}
	return r.s.Unknown(name)
}

// ref returns the value of Ref, which is a list for a parameter that is a list.
func (r resolver) ref(name string) any {
	parameter, ok := r.t.Parameters[name]
	if !ok {
		for _, known := range []map[string]string{r.s.Pseudo, r.s.Refs} {
			if found, ok := known[name]; ok {
				return found
			}
		}
		return r.standIn(name, "Ref of "+name)
	}
	text, given := r.s.Parameters[name]
	if !given {
		if parameter.Default == nil {
			return r.standIn(name, "the value of the parameter "+name)
		}
		text = fmt.Sprint(parameter.Default)
	}
	if parameter.Type != "CommaDelimitedList" && !strings.HasPrefix(parameter.Type, "List<") {
		return text
	}
	var list []any
	for _, one := range strings.Split(text, ",") {
		list = append(list, strings.TrimSpace(one))
	}
	return list
}

var placeholder = regexp.MustCompile(`\$\{(!?)([^}]+)\}`)

// sub computes both forms of Fn::Sub.
func (r resolver) sub(argument any) string {
	own := map[string]any{}
	if list, ok := argument.([]any); ok {
		argument, own = list[0], list[1].(map[string]any)
	}
	return placeholder.ReplaceAllStringFunc(argument.(string), func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		if m[1] == "!" {
			return "${" + m[2] + "}"
		}
		if found, ok := own[m[2]]; ok {
			return r.text(found)
		}
		if strings.Contains(m[2], ".") {
			return r.lookup(r.s.Attributes, m[2])
		}
		return fmt.Sprint(r.ref(m[2]))
	})
}

func (r resolver) text(v any) string {
	resolved, _ := r.resolve(v)
	return fmt.Sprint(resolved)
}

func (r resolver) list(v any) []any {
	resolved, _ := r.resolve(v)
	list, ok := resolved.([]any)
	if !ok {
		panic(unknown(fmt.Sprintf("a list in %v", resolved)))
	}
	return list
}

// holds reports whether a condition is true.
func (r resolver) holds(condition any) bool {
	m, _ := condition.(map[string]any)
	for name, argument := range m {
		if name == "Condition" {
			definition, ok := r.t.Conditions[argument.(string)]
			if !ok {
				panic(unknown("the condition " + argument.(string)))
			}
			return r.holds(definition)
		}
		list := argument.([]any)
		switch name {
		case "Fn::Not":
			return !r.holds(list[0])
		case "Fn::And":
			for _, one := range list {
				if !r.holds(one) {
					return false
				}
			}
			return true
		case "Fn::Or":
			return slices.ContainsFunc(list, r.holds)
		case "Fn::Equals":
			whole := resolver{r.t, r.s, false}
			return whole.text(list[0]) == whole.text(list[1])
		}
	}
	panic(unknown(fmt.Sprintf("the condition %v", condition)))
}

func (r resolver) lookup(m map[string]string, name string) string {
	found, ok := m[name]
	if !ok {
		return r.standIn(name, name)
	}
	return found
}
