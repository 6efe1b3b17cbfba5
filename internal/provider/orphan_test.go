package provider

import (
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestDeleteOrphan_OtherNames checks that a role whose name cannot belong to a set is not
// deleted with the set: whoever may tag a role can tag it with an owner and a stack that does
// not exist, and an administrator deletes orphaned sets with the administrator's own
// permissions.
// Reference 15.7.
func TestDeleteOrphan_OtherNames(t *testing.T) {
	p, err := New(aws.Config{Region: "us-east-1", HTTPClient: emptyIAM{}, Credentials: aws.AnonymousCredentials{}}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	set := OrphanedSet{Owner: "ray-0123456789ab", Stack: "arn:aws:cloudformation:us-east-1:123456789012:stack/gone/1"}
	for name, names := range map[string][]string{"another role": {"admin"}, "one beside the set's": {"ray-head", "admin"}, "another prefix": {"Ray-head"}} {
		t.Run(name, func(t *testing.T) {
			set.Names = names
			want := notOwnersName(set.Owner, names[len(names)-1]).Error()
			if _, err := p.PlanOrphan(t.Context(), set, slog.New(slog.DiscardHandler)); err == nil || err.Error() != want {
				t.Errorf("planning: got the error %v, want one about the role's name", err)
			}
			if err := p.DeleteOrphan(t.Context(), set, slog.New(slog.DiscardHandler)); err == nil || err.Error() != want {
				t.Errorf("deleting: got the error %v, want one about the role's name", err)
			}
		})
	}
}
