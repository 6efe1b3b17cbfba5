package properties

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// faults turns the typed errors of the schema's validation into sentences.
func (c *Checker) faults(value any) rayiam.Faults {
	var invalid *jsonschema.ValidationError
	if !errors.As(c.compiled.Validate(value), &invalid) {
		return nil
	}
	var faults rayiam.Faults
	c.collect(invalid, value, &faults)
	return faults
}

// collect descends to the errors that name a rule. It does not descend below oneOf and
// not: the description beside them names the rule, their branches do not.
func (c *Checker) collect(e *jsonschema.ValidationError, value any, faults *rayiam.Faults) {
	rule := c.at(e.SchemaURL)
	path := pathOf(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range slices.Sorted(slices.Values(k.Properties)) {
			known := slices.Sorted(maps.Keys(object(rule["properties"])))
			*faults = append(*faults, rayiam.Fault{
				Path:  join(path, name),
				Value: shown(lookup(value, append(slices.Clone(e.InstanceLocation), name))),
				Rule:  unknownProperty(nearest(name, known)),
			})
		}
		return
	case *kind.Required:
		for _, name := range slices.Sorted(slices.Values(k.Missing)) {
			*faults = append(*faults, rayiam.Fault{Path: join(path, name), Rule: missing(text(rule["description"], ""))})
		}
		return
	case *kind.OneOf, *kind.Not:
	default:
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				c.collect(cause, value, faults)
			}
			return
		}
	}
	if path == "" {
		path = everyProperty
	}
	found := lookup(value, e.InstanceLocation)
	want := wanted(text(rule["description"], e.Error()))
	if isBlankElement(e.InstanceLocation, found) {
		want = leaveBlankOut + "; " + want
	}
	*faults = append(*faults, rayiam.Fault{Path: path, Value: shown(found), Rule: want})
}

// isBlankElement reports whether a location ends in an index and has blank text there.
func isBlankElement(location []string, value any) bool {
	s, isText := value.(string)
	if !isText || strings.TrimSpace(s) != "" || len(location) == 0 {
		return false
	}
	_, err := strconv.Atoi(location[len(location)-1])
	return err == nil
}

// at returns the schema at a location such as properties.json#/$defs/policyArn.
func (c *Checker) at(location string) map[string]any {
	_, pointer, _ := strings.Cut(location, "#")
	var tokens []string
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		tokens = append(tokens, strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
	}
	if pointer == "" {
		tokens = nil
	}
	return object(lookup(c.published, tokens))
}

func lookup(value any, tokens []string) any {
	for _, token := range tokens {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	return value
}

// pathOf writes a location as the template's author would: WorkerGroups[1].Name.
func pathOf(tokens []string) string {
	path := ""
	for _, token := range tokens {
		if _, err := strconv.Atoi(token); err == nil {
			path += "[" + token + "]"
			continue
		}
		path = join(path, token)
	}
	return path
}

// join appends a property's name, quoted where a dot would not be readable.
func join(path, name string) string {
	if !plainName.MatchString(name) {
		return path + "[" + rayiam.Quote(name) + "]"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// shown renders a refused value in one line.
func shown(value any) string {
	if s, ok := value.(string); ok {
		return rayiam.Quote(s)
	}
	out, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	if runes := []rune(string(out)); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return string(out)
}

// nearest returns the known name with the fewest edits, letters of either case
// being the same.
func nearest(name string, known []string) string {
	best, fewest := "", 0
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); best == "" || d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}

// distance is the Levenshtein distance, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
