// Package schema publishes the rules of the properties of Custom::RayIAM as one
// JSON Schema (draft 2020-12). The function embeds the same file and checks its
// input against it, so that an editor, a linter and the provider never disagree.
package schema

import _ "embed"

// Properties is custom-rayiam.schema.json. Each rule's description is the
// sentence with which the provider refuses a value that breaks it.
//
//go:embed custom-rayiam.schema.json
var Properties []byte
