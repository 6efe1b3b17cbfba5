// Package policydoc builds IAM policy documents and answers one question about
// them: do two say the same? It owns the JSON of documents and refuses to judge
// what they allow; it calls nothing and knows no resource.
package policydoc

import (
	"bytes"
	"encoding/json"
)

// version is the policy language that every document built here is written in.
// The older 2008-10-17 knows no policy variables.
const version = "2012-10-17"

// A policy is a document to be built. Fields are in the order in which
// people write them.
type policy struct {
	Version   string
	Statement []Statement
}

// A Statement is one statement of a trust or an identity policy. Empty fields
// are left out.
type Statement struct {
	Sid       string                       `json:",omitempty"`
	Effect    string                       `json:",omitempty"`
	Principal map[string]Values            `json:",omitempty"`
	Action    Values                       `json:",omitempty"`
	Resource  Values                       `json:",omitempty"`
	Condition map[string]map[string]Values `json:",omitempty"`
}

// Values are strings that a document lists; a single one is written without the
// list, as people write it.
type Values []string

// MarshalJSON writes one value as a string and several as a list.
func (v Values) MarshalJSON() ([]byte, error) {
	if len(v) == 1 {
		return encode(v[0])
	}
	return encode([]string(v))
}

// New returns the compact JSON of a document with these statements.
func New(statements ...Statement) string {
	out, err := encode(policy{Version: version, Statement: statements})
	if err != nil {
		panic(err) // strings, lists and maps of strings always encode
	}
	return string(out)
}

// encode is json.Marshal without the escapes that protect HTML, which would cost
// five characters of a document's size each.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(out.Bytes()), err
}

// Compact returns document without the white space between its tokens, which is
// how IAM counts a document's size. Text that is not JSON comes back as it is.
func Compact(document string) string {
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(document)); err != nil {
		return document
	}
	return out.String()
}
