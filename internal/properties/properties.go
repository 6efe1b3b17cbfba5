// Package properties reads the ResourceProperties of an event: it checks them
// against the published schema and decodes them into rayiam.Properties.
//
// It owns the sentences for the schema's faults, but no rules: the schema has the rules that a
// schema can express, and rayiam has the others (Declaration.Check).
package properties

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/schema"
)

// A Checker checks properties against the published schema.
type Checker struct {
	published any // the schema's own JSON
	patterns  patterns
}

// NewChecker reads the published schema. The error says that the schema itself is not valid.
func NewChecker() (*Checker, error) {
	published, err := unmarshal(schema.Properties)
	if err != nil {
		return nil, err
	}
	if err := understood(object(published)); err != nil {
		return nil, err
	}
	return &Checker{published: published, patterns: patterns{compiled: map[string]*regexp.Regexp{}}}, nil
}

// Read decodes raw, which is the JSON of ResourceProperties, and returns every fault that the
// schema finds in it. A property that is absent, or has the wrong type, has its default, so
// that a caller can use the rest: to find more faults, or, for a Delete, to find the names.
func (c *Checker) Read(raw json.RawMessage) (rayiam.Properties, rayiam.Faults) {
	var value any = map[string]any{}
	if len(bytes.TrimSpace(raw)) > 0 {
		v, err := unmarshal(raw)
		if err != nil {
			return decode(nil), rayiam.Faults{{Path: everyProperty, Value: rayiam.Quote(string(raw)), Rule: notJSON(err)}}
		}
		value = v
	}
	faults := append(c.decodeDocuments(value), c.faults(value)...)
	slices.SortStableFunc(faults, func(a, b rayiam.Fault) int { return strings.Compare(a.Path, b.Path) })
	return decode(value), slices.Compact(faults)
}
