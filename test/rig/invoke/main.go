// Command invoke runs one event through the built function, with moto as IAM, and
// prints the answer as CloudFormation gets it and what IAM has afterwards.
//
//	go run ./test/rig/invoke events/create.json
//
// Before an Update or a Delete it runs the Create that must have come first. It
// exits with 1 when there is no answer, and when the answer is FAILED.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/rig/replay"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./test/rig/invoke EVENT.json")
		os.Exit(2)
	}
	code := 0
	if err := invoke(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	checkout.Clean()
	os.Exit(code)
}

func invoke(file string) error {
	result, err := replay.Run(file)
	if err != nil {
		return err
	}
	var answer bytes.Buffer
	if err := json.Indent(&answer, result.Sent, "", "  "); err != nil {
		return err
	}
	fmt.Printf("%s of %s in %s\n\nThe answer, %d bytes:\n\n%s\n\nIAM afterwards:\n\n%s\n", result.Event.RequestType,
		result.Event.LogicalResourceID, result.Event.StackID, len(result.Sent), &answer, orNothing(result.After))
	fmt.Printf("\nWhat the event changed:\n\n%s\n", orNothing(rig.Snapshot{rig.Diff(result.Before, result.After)}))
	if !result.Answer.OK() {
		return fmt.Errorf("the answer is FAILED")
	}
	return nil
}

func orNothing(s rig.Snapshot) string {
	if text := s.String(); text != "" {
		return text
	}
	return "(nothing)"
}
