// Package policydoc builds IAM policy documents and reports whether two of them are equal. It
// owns the JSON of documents. It does not judge what they allow, makes no calls, and does not
// depend on resource types.
package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// version is the version of the policy language of every document built here. The older
// 2008-10-17 does not support policy variables.
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

// Parse returns the JSON object of a policy document. Numbers are json.Number. The error says
// why the text is not a document: it is not JSON, or not an object, or one of its objects has
// a key twice, so that two parsers may read different permissions.
func Parse(text string) (map[string]any, error) {
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	document, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not an object")
	}
	if key, found := repeatedKey(json.NewDecoder(strings.NewReader(text))); found {
		return nil, fmt.Errorf("an object with the key %q twice", key)
	}
	return document, nil
}

// parse decodes text that is one JSON value.
func parse(text string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	switch err := dec.Decode(&v); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("not JSON: it is blank")
	case err != nil:
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF { // dec.More is false before a stray bracket
		return nil, errors.New("not JSON: text after its end")
	}
	return v, nil
}

// repeatedKey returns a key that one object of the next value has twice. The value is
// known to be JSON.
func repeatedKey(dec *json.Decoder) (string, bool) {
	token, err := dec.Token()
	bracket, ok := token.(json.Delim)
	if err != nil || !ok {
		return "", false
	}
	seen := map[string]bool{}
	for dec.More() {
		if bracket == '{' {
			token, _ := dec.Token()
			key, _ := token.(string)
			if seen[key] {
				return key, true
			}
			seen[key] = true
		}
		if key, found := repeatedKey(dec); found {
			return key, true
		}
	}
	_, _ = dec.Token() // the closing bracket
	return "", false
}
