package provider

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

// TestFailedCreates checks which Deletes are known to roll back a failed Create.
// Reference 14.4.
func TestFailedCreates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f failedCreates
		of := func(requestType cfn.RequestType, logicalID string) customresource.Request {
			return customresource.Request{Type: requestType, StackID: "arn", LogicalID: logicalID}
		}
		const owner = "ray-0123456789ab"
		failed := errors.New("denied")
		f.note(of(cfn.RequestCreate, "Failed"), owner, true, failed)
		f.note(of(cfn.RequestDelete, "Failed"), owner, true, failed) // failed, so it may be sent again
		f.note(of(cfn.RequestCreate, "Made"), owner, true, nil)
		f.note(of(cfn.RequestDelete, "Made"), owner, true, failed)
		f.note(of(cfn.RequestCreate, "MadeLater"), owner, true, failed)
		f.note(of(cfn.RequestCreate, "MadeLater"), owner, true, nil)
		f.note(of(cfn.RequestCreate, "MadeBefore"), owner, false, failed)
		f.note(of(cfn.RequestCreate, "Deleted"), owner, true, failed)
		f.note(of(cfn.RequestDelete, "Deleted"), owner, true, nil)
		for logicalID, want := range map[string]bool{"Failed": true, "Made": false, "MadeLater": false, "MadeBefore": false, "Deleted": false, "Unknown": false} {
			if got := f.has(of(cfn.RequestDelete, logicalID), owner); got != want {
				t.Errorf("%s: %v, want %v", logicalID, got, want)
			}
		}
		if f.has(of(cfn.RequestDelete, "Failed"), "other-0123456789ab") {
			t.Error("a failed Create with another NamePrefix counts for this set, want it not to")
		}
		f.note(of(cfn.RequestUpdate, "Failed"), "other-0123456789ab", true, nil)
		time.Sleep(maxFailedAge - time.Second)
		if !f.has(of(cfn.RequestDelete, "Failed"), owner) {
			t.Error("the failed Create is forgotten before ten minutes")
		}
		time.Sleep(time.Second)
		if f.has(of(cfn.RequestDelete, "Failed"), owner) {
			t.Error("the failed Create is remembered after ten minutes")
		}
		for i := range maxRefusals + 1 {
			f.note(of(cfn.RequestCreate, string(rune('a'+i))), owner, true, failed)
		}
		if len(f.at) > maxRefusals {
			t.Errorf("%d failed Creates are remembered, want at most %d", len(f.at), maxRefusals)
		}
	})
}
