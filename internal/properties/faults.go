package properties

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// faults returns the faults of a value under the schema.
func (c *Checker) faults(value any) rayiam.Faults {
	v := validator{checker: c, value: value}
	v.check(object(c.published), value, nil)
	return v.faults
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

// at returns the rule at a location of the schema, such as #/$defs/policyArn.
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

// nearest returns the known name with the fewest edits, and ignores case.
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
