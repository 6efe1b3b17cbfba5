package planview

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// The keys of a policy document in the order in which people write them. Others follow, sorted.
var keyOrder = []string{"Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

// lines renders a policy document, with the same lines for documents that are policydoc.Equal.
// Text that is not JSON is one line.
func lines(document string) []string {
	if document == "" {
		return nil
	}
	canonical, err := policydoc.Canonical(document)
	if err != nil {
		return []string{document}
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(canonical))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return []string{document}
	}
	var out strings.Builder
	render(&out, v, "")
	return strings.Split(out.String(), "\n")
}

func render(out *strings.Builder, v any, indent string) {
	inner := indent + "  "
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			out.WriteString("{}")
			return
		}
		out.WriteString("{")
		for i, key := range sortedKeys(v) {
			out.WriteString(comma(i) + "\n" + inner + encoded(key) + ": ")
			render(out, v[key], inner)
		}
		out.WriteString("\n" + indent + "}")
	case []any:
		if len(v) == 1 && scalar(v[0]) {
			render(out, v[0], indent)
			return
		}
		out.WriteString("[")
		for i, e := range v {
			out.WriteString(comma(i) + "\n" + inner)
			render(out, e, inner)
		}
		if len(v) > 0 {
			out.WriteString("\n" + indent)
		}
		out.WriteString("]")
	default:
		out.WriteString(encoded(v))
	}
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// encoded is the JSON of a scalar, without escaping HTML.
func encoded(v any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

func sortedKeys(m map[string]any) []string {
	place := func(key string) int {
		if i := slices.Index(keyOrder, key); i >= 0 {
			return i
		}
		return len(keyOrder)
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// Document renders a policy document as a person reads it.
func Document(document string) string { return strings.Join(lines(document), "\n") }
