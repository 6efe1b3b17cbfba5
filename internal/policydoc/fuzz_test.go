package policydoc

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzCanonical checks that exactly JSON text has a canonical form, and that this form is a
// fixed point: its canonical form is the same text, and it is Equal to the original.
func FuzzCanonical(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:B","Resource":"*"}}`)
	f.Add(`{"Statement":[{"Principal":{"AWS":["1","1"]},"Condition":{"Bool":{"x":true}}},7]}`)
	f.Add(`{"Statement":null}`)
	f.Add(`[1e999]`)
	f.Fuzz(func(t *testing.T, document string) {
		once, err := Canonical(document)
		if valid := json.Valid([]byte(document)); valid != (err == nil) {
			t.Fatalf("%q is JSON: %v, but Canonical returns the error %v", document, valid, err)
		}
		if err != nil {
			return
		}
		twice, err := Canonical(once)
		if err != nil || once != twice {
			t.Errorf("Canonical(%q) = %q, and again %q (%v)", document, once, twice, err)
		}
		if !Equal(document, once) {
			t.Errorf("%q is not Equal to its canonical form %q", document, once)
		}
	})
}

// FuzzEqual checks that Equal is an equivalence, that text which is not JSON is equal only to
// itself, and that documents with one different action are never equal.
func FuzzEqual(f *testing.F) {
	f.Add(`{"Statement":{"Action":["a:B","c:D"]}}`, `{"Statement":[{"Action":["c:D","a:B"]}]}`)
	f.Add(`{"Statement":{"Principal":"*"}}`, `{"Statement":{"Principal":{"AWS":"*"}}}`)
	f.Add(`{"Statement":[{"Condition":{"Bool":{"a":true}}}]}`, `{"Statement":[{"Condition":{"Bool":{"a":["true"]}}}]}`)
	f.Add(`{}`, `{} {}`)
	f.Add(``, `null`)
	f.Fuzz(func(t *testing.T, a, b string) {
		equal := Equal(a, b)
		if equal != Equal(b, a) {
			t.Errorf("Equal(%q, %q) is not symmetric", a, b)
		}
		if !Equal(a, a) || !Equal(b, b) {
			t.Errorf("%q or %q is not Equal to itself", a, b)
		}
		if valid := json.Valid([]byte(a)) && json.Valid([]byte(b)); equal && a != b && !valid {
			t.Errorf("%q and %q are Equal, but one of them is not JSON", a, b)
		}
		ca, errA := Canonical(a)
		if errA == nil && Equal(ca, b) != equal {
			t.Errorf("Equal is not transitive: %q, its canonical form %q, and %q", a, ca, b)
		}
		with := func(action string) string {
			return New(Statement{Effect: "Allow", Action: []string{action}, Resource: []string{"*"}})
		}
		if clean := strings.ToValidUTF8(a, "") == a && strings.ToValidUTF8(b, "") == b; clean && Equal(with(a), with(b)) != (a == b) {
			t.Errorf("Equal is wrong about a statement with the action %q and one with %q", a, b)
		}
	})
}

// FuzzCompact checks that the compact document has the same value and no white space between
// its tokens, and that text which is not JSON comes back as it is.
func FuzzCompact(f *testing.F) {
	f.Add("{ \"a b\" :\n [ 1, \"\\u003c \" ] }")
	f.Add("{\"a\":1} ")
	f.Add("{} {}")
	f.Add("\u2028")
	f.Fuzz(func(t *testing.T, document string) {
		compact := Compact(document)
		if !json.Valid([]byte(document)) {
			if compact != document {
				t.Errorf("Compact(%q) = %q, want it as it is", document, compact)
			}
			return
		}
		if !Equal(document, compact) || len(compact) > len(document) || Compact(compact) != compact {
			t.Errorf("Compact(%q) = %q, want an Equal document", document, compact)
		}
		inString, escaped := false, false
		for _, c := range []byte(compact) {
			switch {
			case escaped:
				escaped = false
			case inString && c == '\\':
				escaped = true
			case c == '"':
				inString = !inString
			case !inString && strings.IndexByte(" \t\r\n", c) >= 0:
				t.Fatalf("Compact(%q) = %q, with white space between tokens", document, compact)
			}
		}
	})
}

// FuzzParse checks that Parse returns the value of the text, and accepts only JSON.
func FuzzParse(f *testing.F) {
	f.Add(` {"Statement":[{"Condition":{"NumericLess":{"x":1.50}}}]} `)
	f.Add(`{"a":[{"b":1,"b":2}]}`)
	f.Add(`{"a":1}}`)
	f.Add(`[[[`)
	f.Fuzz(func(t *testing.T, text string) {
		document, err := Parse(text)
		if err != nil {
			return
		}
		out, err := encode(document)
		if err != nil || !json.Valid([]byte(text)) || !Equal(string(out), text) {
			t.Errorf("Parse(%q) = %s (error: %v), want an Equal document", text, out, err)
		}
	})
}
