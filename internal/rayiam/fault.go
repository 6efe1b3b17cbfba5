package rayiam

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Fault is one property that breaks one rule.
type Fault struct {
	Path  string // of the property: WorkerGroups[1].ManagedPolicyArns[0]
	Value string // as a person would write it; empty if the path is enough
	Rule  string // the allowed values, or what to do
}

// String renders the fault as one clause.
func (f Fault) String() string {
	if f.Value == "" {
		return f.Path + ": " + f.Rule
	}
	return f.Path + ": " + f.Value + " is refused: " + f.Rule
}

// Faults are all faults of the properties of one request.
type Faults []Fault

// Error names every fault.
func (fs Faults) Error() string {
	clauses := make([]string, len(fs))
	for i, f := range fs {
		clauses[i] = f.String()
	}
	noun := "properties"
	if len(fs) == 1 {
		noun = "property"
	}
	return fmt.Sprintf("%d %s refused: %s", len(fs), noun, strings.Join(clauses, "; "))
}

// Refused is true: the template asks for something that is not allowed.
func (Faults) Refused() bool { return true }

// maxQuoted is how many characters of a refused value a fault shows.
const maxQuoted = 80

// Quote renders a refused value, cut to a length that a person reads.
func Quote(value string) string {
	if utf8.RuneCountInString(value) > maxQuoted {
		value = string([]rune(value)[:maxQuoted]) + "…"
	}
	return strconv.Quote(value)
}
