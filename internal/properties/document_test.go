package properties

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func withDocument(document string) json.RawMessage {
	return json.RawMessage(`{"WorkerGroups":[{"Name":"a","Policies":[{"PolicyName":"p","PolicyDocument":` + document + `}]}]}`)
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestDocumentAsText checks that a document given as text is read, and refused, like the
// same one given as an object.
// Reference 2.9.
func TestDocumentAsText(t *testing.T) {
	c := newChecker(t)
	for _, document := range []string{
		`{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}`,
		` { "Version" : "2012-10-17", "Id":"<&>\u00e9", "Statement":[{"Sid":"","Effect":"Deny","NotAction":["a:b","c:d"],"NotResource":"*","Condition":{"NumericLess":{"x":1.50}}}] } `,
		`{}`, `{"Statement":[]}`, `{"Statement":{"Effect":"allow","Action":"","Resource":[""]}}`, `{"Statement":"*","Extra":[1,null]}`,
	} {
		object, objectFaults := c.Read(withDocument(document))
		text, textFaults := c.Read(withDocument(quoted(t, document)))
		if !reflect.DeepEqual(text, object) {
			t.Errorf("%s as text is read as %+v, and as an object as %+v, want the same", document, text, object)
		}
		if !reflect.DeepEqual(textFaults, objectFaults) {
			t.Errorf("%s as text is refused with %v, as an object with %v", document, textFaults, objectFaults)
		}
	}
}

// TestFaults_DocumentAsText checks the faults that only text can have, each at the path of the
// document.
// Reference 2.9.
func TestFaults_DocumentAsText(t *testing.T) {
	c := newChecker(t)
	for text, want := range map[string]string{
		``:                     "not JSON: it is blank",
		" \n":                  "not JSON: it is blank",
		`Version: 2012-10-17`:  "not JSON: invalid character 'V'",
		`{"Statement":[`:       "not JSON: unexpected EOF",
		`{"Statement":[]}}`:    "not JSON: text after its end",
		`[]`:                   "not an object",
		`null`:                 "not an object",
		`"{\"Statement\":{}}"`: "not an object",
		`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`: `an object with the key "Statement" twice`,
		`{"Statement":[{"Condition":{"Bool":{"x":true},"Bool":{"y":true}}}]}`:                                                    `an object with the key "Bool" twice`,
	} {
		props, faults := c.Read(withDocument(quoted(t, text)))
		if len(faults) != 1 || faults[0].Path != "WorkerGroups[0].Policies[0].PolicyDocument" ||
			!strings.Contains(faults[0].String(), want) || !strings.Contains(faults[0].Rule, "want an IAM policy document") {
			t.Errorf("%q is refused with %v, want one fault of the document: %s", text, faults, want)
		}
		if document := props.WorkerGroups[0].Policies[0].Document; document != "" {
			t.Errorf("%q is read as %q, want no document", text, document)
		}
	}
}

// TestSchemaContent checks that a tool which follows contentSchema accepts exactly the texts
// that the provider accepts, except texts with a repeated key, which JSON Schema does not see.
func TestSchemaContent(t *testing.T) {
	c := newChecker(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertContent()
	if err := compiler.AddResource("properties.json", c.published); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("properties.json")
	if err != nil {
		t.Fatal(err)
	}
	const statement = `{"Effect":"Allow","Action":"a:b","Resource":"*"}`
	for _, text := range []string{
		fmt.Sprintf(`{"Statement":%s}`, statement), fmt.Sprintf(" {\"Statement\" : [%s]}\n", statement),
		``, `x`, `[]`, `{}`, `"{}"`, `{"Statement":{"Effect":"Allow"}}`, fmt.Sprintf(`{"Statement":%s,"Statment":1}`, statement), `{"Statement":`,
	} {
		raw := withDocument(quoted(t, text))
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		_, faults := c.Read(raw)
		if err := compiled.Validate(value); (err == nil) != (len(faults) == 0) {
			t.Errorf("%q: the published schema finds %v, the provider %v, want both to accept or to refuse", text, err, faults)
		}
	}
}
