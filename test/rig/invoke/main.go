// Command invoke runs one event through the built function, with moto as IAM, and prints
// the answer that CloudFormation gets and the roles, profiles and policies that IAM then
// has.
//
//	go run ./test/rig/invoke events/create.json
//
// Before an Update or a Delete it runs the Create that must have come first. It exits with
// 1 if there is no answer, or if the answer is FAILED.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/replay"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./test/rig/invoke EVENT.json")
		os.Exit(2)
	}
	faults := rig.Play(func(tb testing.TB) { show(tb, replay.Run(rig.New(tb), os.Args[1])) })
	rig.Stop()
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	if len(faults) > 0 {
		os.Exit(1)
	}
}

func show(tb testing.TB, result replay.Result) {
	var answer bytes.Buffer
	if err := json.Indent(&answer, result.Sent, "", "  "); err != nil {
		tb.Fatal(err)
	}
	fmt.Printf("%s of %s in %s\n\nThe answer, %d bytes:\n\n%s\n\nIAM afterwards:\n\n%s\n", result.Event.RequestType,
		result.Event.LogicalResourceID, result.Event.StackID, len(result.Sent), &answer, orNothing(result.After))
	fmt.Printf("\nWhat the event changed:\n\n%s\n", orNothing(rig.Snapshot{rig.Diff(result.Before, result.After)}))
	if !result.Answer.OK() {
		tb.Fatal("the answer is FAILED")
	}
}

func orNothing(s rig.Snapshot) string {
	if text := s.String(); text != "" {
		return text
	}
	return "(nothing)"
}
