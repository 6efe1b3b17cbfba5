package policydoc

import (
	"strings"
	"testing"
)

// TestEqual checks which documents are equivalent, in both orders of the arguments.
func TestEqual(t *testing.T) {
	const doc = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}]}`
	tests := []struct {
		name string
		a, b string
		want bool
	}{
		{"same text", doc, doc, true},
		{"white space and key order", doc, "{ \"Statement\": [{\"Resource\":[\"*\"],\n\"Action\":[\"s3:GetObject\"],\"Effect\":\"Allow\"}],\"Version\":\"2012-10-17\"}", true},
		{"one statement, one action, one resource", doc, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`, true},
		{"order and repetition in a list", `{"Statement":{"Action":["a:B","c:D"]}}`, `{"Statement":{"Action":["c:D","a:B","c:D"]}}`, true},
		{"principal as string or list", `{"Statement":{"Principal":{"Service":"ec2.amazonaws.com"}}}`, `{"Statement":[{"Principal":{"Service":["ec2.amazonaws.com"]}}]}`, true},
		{"condition values", `{"Statement":{"Condition":{"Bool":{"a:b":true},"NumericLess":{"c:d":5}}}}`, `{"Statement":{"Condition":{"Bool":{"a:b":["true"]},"NumericLess":{"c:d":"5"}}}}`, true},
		{"another action", doc, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject"],"Resource":["*"]}]}`, false},
		{"another effect", doc, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:GetObject"],"Resource":["*"]}]}`, false},
		{"another version", doc, `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}]}`, false},
		{"condition dropped", `{"Statement":{"Action":"a:B","Condition":{"Bool":{"a:b":"true"}}}}`, `{"Statement":{"Action":"a:B"}}`, false},
		{"principal star is not a list of star", `{"Statement":{"Principal":"*"}}`, `{"Statement":{"Principal":{"AWS":"*"}}}`, false},
		{"text after the end", doc, doc + doc, false},
		{"a stray bracket after the end", doc, doc + "}", false},
		{"not JSON, the same", "x", "x", true},
		{"not JSON, different", "x", "y", false},
		{"empty and a document", "", doc, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Equal(tt.a, tt.b); got != tt.want {
				t.Errorf("Equal(%s, %s) = %v, want %v", tt.a, tt.b, got, tt.want)
			}
			if got := Equal(tt.b, tt.a); got != tt.want {
				t.Errorf("Equal(%s, %s) = %v, want %v", tt.b, tt.a, got, tt.want)
			}
		})
	}
}

// TestNewWritesNoEscapes proves that New does not escape HTML characters.
func TestNewWritesNoEscapes(t *testing.T) {
	got := New(Statement{Effect: "Allow", Action: []string{"iam:PassRole"}, Resource: []string{"arn:aws:iam::1:role/<&>", "*"}})
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":["arn:aws:iam::1:role/<&>","*"]}]}`
	if got != want {
		t.Errorf("New = %s, want %s", got, want)
	}
}

// TestCompact proves that white space between tokens is removed, and that a text that is not
// JSON is unchanged.
func TestCompact(t *testing.T) {
	if got, want := Compact("{ \"a b\" :\n [ 1 ] }"), `{"a b":[1]}`; got != want {
		t.Errorf("Compact = %s, want %s", got, want)
	}
	if got, want := Compact("not JSON"), "not JSON"; got != want {
		t.Errorf("Compact = %s, want %s", got, want)
	}
}

// TestParse checks which texts are documents, and the error for each text that is not.
func TestParse(t *testing.T) {
	tests := []struct{ name, text, err string }{
		{"document", ` {"Statement":[{"Action":"a:b"},{"Action":"a:b"}]} `, ""},
		{"one key in two objects", `{"a":{"x":1},"b":{"x":1},"x":[{"x":1}]}`, ""},
		{"one key in two cases", `{"a":1,"A":1}`, ""},
		{"blank", " ", "it is blank"},
		{"cut off", `{"a":`, "not JSON"},
		{"two documents", `{}{}`, "text after its end"},
		{"a list", `[{}]`, "not an object"},
		{"a key twice", `{"a":1,"b":2,"a":1}`, `the key "a" twice`},
		{"a key twice, deeper", `{"a":[1,{"b":{"c":1,"c":1}}]}`, `the key "c" twice`},
		{"a key twice, once escaped", `{"Deny":1,"\u0044eny":1}`, `the key "Deny" twice`},
		{"the empty key twice", `{"":1,"":1}`, `the key "" twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text)
			if (err == nil) != (tt.err == "") || (err == nil) != (got != nil) || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Parse(%s) = %v, %v, want the error %q", tt.text, got, err, tt.err)
			}
		})
	}
}
