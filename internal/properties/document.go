package properties

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// decodeDocuments puts an object in the place of each policy document that is given as text,
// so that both forms follow the same rules and are written to IAM in the same way. Text that
// is not a JSON object stays, and is a fault.
func (c *Checker) decodeDocuments(value any) rayiam.Faults {
	var faults rayiam.Faults
	want := wanted(text(c.at("#/$defs/policyDocument")["description"], ""))
	node := func(path string, o map[string]any) {
		for i, v := range list(o["Policies"]) {
			policy := object(v)
			document, isText := policy["PolicyDocument"].(string)
			if !isText {
				continue
			}
			decoded, err := policydoc.Parse(document)
			if err != nil {
				faults = append(faults, rayiam.Fault{
					Path:  fmt.Sprintf("%s.Policies[%d].PolicyDocument", path, i),
					Value: rayiam.Quote(document),
					Rule:  err.Error() + "; " + want,
				})
				continue
			}
			policy["PolicyDocument"] = decoded
		}
	}
	top := object(value)
	node("Head", object(top["Head"]))
	for i, group := range list(top["WorkerGroups"]) {
		node(fmt.Sprintf("WorkerGroups[%d]", i), object(group))
	}
	return faults
}

// document renders a policy document with its keys sorted. IAM keeps a document as it is
// given, and the comparison with IAM's document ignores the order of keys. A value that is not
// an object gives an empty string.
func document(v any) string {
	if object(v) == nil {
		return ""
	}
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}
