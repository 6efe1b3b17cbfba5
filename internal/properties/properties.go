// Package properties reads the ResourceProperties of an event: it checks them
// against the published schema and decodes them into rayiam.Properties.
//
// It owns the sentences for what the schema refuses. It states no rule: the rules
// that a schema can say are the schema's, the others are rayiam's (Declaration.Check).
package properties

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/schema"
)

// A Checker holds the compiled schema.
type Checker struct {
	compiled  *jsonschema.Schema
	published any // the schema's own JSON, for its descriptions
}

// NewChecker compiles the published schema. The error is of the schema itself.
func NewChecker() (*Checker, error) {
	published, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Properties))
	if err != nil {
		return nil, err
	}
	const location = "properties.json"
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(compiledOnce())
	if err := compiler.AddResource(location, published); err != nil {
		return nil, err
	}
	compiled, err := compiler.Compile(location)
	if err != nil {
		return nil, err
	}
	return &Checker{compiled: compiled, published: published}, nil
}

// compiledOnce compiles each pattern once: the compiler asks for it when it checks the schema,
// and again when it compiles the schema. That is a third of what the start of the function
// costs here.
func compiledOnce() jsonschema.RegexpEngine {
	known := map[string]*regexp.Regexp{}
	return func(pattern string) (jsonschema.Regexp, error) {
		if re, ok := known[pattern]; ok {
			return re, nil
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		known[pattern] = re
		return re, nil
	}
}

// Read decodes raw, which is the JSON of ResourceProperties, and returns every fault
// that the schema finds in it. A property that is absent, or is not of its type, has its
// default, so that a caller can go on with the rest: to find more faults, or, for a
// Delete, to find the names.
func (c *Checker) Read(raw json.RawMessage) (rayiam.Properties, rayiam.Faults) {
	var value any = map[string]any{}
	if len(bytes.TrimSpace(raw)) > 0 {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return decode(nil), rayiam.Faults{{Path: everyProperty, Value: rayiam.Quote(string(raw)), Rule: notJSON(err)}}
		}
		value = v
	}
	faults := append(c.decodeDocuments(value), c.faults(value)...)
	slices.SortStableFunc(faults, func(a, b rayiam.Fault) int { return strings.Compare(a.Path, b.Path) })
	return decode(value), slices.Compact(faults)
}
