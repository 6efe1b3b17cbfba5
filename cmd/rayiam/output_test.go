package main

import (
	"bytes"
	"testing"
)

// TestSetsDocument checks that sets which are written one by one make the same document as
// sets written at once.
func TestSetsDocument(t *testing.T) {
	for _, sets := range [][]listedSet{{}, {{Owner: "ray-<a>"}}, {{Owner: "a"}, {Owner: "b", Entities: []listedEntity{{Name: "b-head"}}}}} {
		var got, want bytes.Buffer
		if err := indented(&want, map[string]any{"sets": sets}, ""); err != nil {
			t.Fatal(err)
		}
		document := setsDocument{to: &got}
		for _, set := range sets {
			if err := document.add(set); err != nil {
				t.Fatal(err)
			}
		}
		if err := document.end(); err != nil || got.String() != want.String() {
			t.Errorf("%d sets (error: %v): the document is\n%s\nwant\n%s", len(sets), err, &got, &want)
		}
	}
}
