package rayiam

import (
	"regexp"
	"testing"
)

// TestPhysicalID checks that the id is a pure function of three values, is known before the
// first call, and differs whenever one of the values does.
// Reference 4.3.
func TestPhysicalID(t *testing.T) {
	id := PhysicalID("ray", testStack.ID, logicalID)
	if !regexp.MustCompile(`^ray-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("PhysicalID = %q, want ray-<12 hex digits>", id)
	}
	if again := PhysicalID("ray", testStack.ID, logicalID); again != id {
		t.Errorf("PhysicalID = %q, and %q the second time, want the same", id, again)
	}
	for _, other := range []string{
		PhysicalID("rax", testStack.ID, logicalID),
		PhysicalID("ray", testStack.ID+"x", logicalID),
		PhysicalID("ray", testStack.ID, logicalID+"x"),
	} {
		if other[len(other)-idDigits:] == id[len(id)-idDigits:] {
			t.Errorf("two resources have the ids %q and %q, want different digits", id, other)
		}
	}
}

// TestNamePrefixOf checks which ids are an owner's, and with which NamePrefix.
// Reference 5.13.
func TestNamePrefixOf(t *testing.T) {
	tests := []struct {
		name, id string
		want     string
		ok       bool
	}{
		{"its own", PhysicalID("ray", testStack.ID, logicalID), "ray", true},
		{"a prefix with hyphens", PhysicalID("ray-a-b", testStack.ID, logicalID), "ray-a-b", true},
		{"another stack's", PhysicalID("ray", "other", logicalID), "ray", false},
		{"another resource's", PhysicalID("ray", testStack.ID, "Other"), "ray", false},
		{"made up by CloudFormation", "ray-stack-RayIAM-1ABCDEFGHIJKL", "ray-stack-RayIAM", false},
		{"a log stream", "2026/11/24/[$LATEST]0123456789abcdef", "", false},
		{"empty", "", "", false},
		{"digits only", "-0123456789ab", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := NamePrefixOf(tt.id, testStack.ID, logicalID)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("NamePrefixOf(%q) = %q, %v, want %q, %v", tt.id, got, ok, tt.want, tt.ok)
			}
		})
	}
}

// FuzzNamePrefixOf proves that NamePrefixOf reads the prefix of every physical id, and none in
// an empty id.
func FuzzNamePrefixOf(f *testing.F) {
	f.Add("ray", testStack.ID, logicalID)
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, namePrefix, stack, logical string) {
		id := PhysicalID(namePrefix, stack, logical)
		if got, ok := NamePrefixOf(id, stack, logical); namePrefix != "" && (!ok || got != namePrefix) {
			t.Errorf("NamePrefixOf(PhysicalID(%q)) = %q, %v, want the prefix", namePrefix, got, ok)
		}
		if _, ok := NamePrefixOf(namePrefix, stack, logical); ok && namePrefix == "" {
			t.Errorf("the empty id names a set, want none")
		}
	})
}

// TestParseStackID checks which values are read from a stack's id.
// Reference 4.1.
func TestParseStackID(t *testing.T) {
	tests := []struct {
		id   string
		want Stack
		ok   bool
	}{
		{testStack.ID, testStack, true},
		{"arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/s/1", Stack{Partition: "aws-cn", Region: "cn-north-1", Account: "123456789012"}, true},
		{"arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/s/1", Stack{Partition: "aws-us-gov", Region: "us-gov-west-1", Account: "123456789012"}, true},
		{"arn:aws:cloudformation:eu-west-1:123456789012:stackset/s", Stack{}, false},
		{"arn:aws:cloudformation:eu-west-1:1234:stack/s/1", Stack{}, false},
		{"", Stack{}, false},
	}
	for _, tt := range tests {
		got, err := ParseStackID(tt.id)
		tt.want.ID = got.ID
		if (err == nil) != tt.ok || got != tt.want {
			t.Errorf("ParseStackID(%q) = %+v, %v, want %+v", tt.id, got, err, tt.want)
		}
	}
}

// TestOwnsName checks which names the owner in a tag can own: somebody may have set the tag by
// hand.
// Reference 15.7.
func TestOwnsName(t *testing.T) {
	for _, tt := range []struct {
		owner, name string
		want        bool
	}{
		{"ray-0123456789ab", "ray-head", true},
		{"ray-0123456789ab", "ray-a-b", true},
		{"ray-a-0123456789ab", "ray-a-head", true},
		{"ray-a-0123456789ab", "ray-head", false},
		{"ray-0123456789ab", "Ray-head", false},
		{"ray-0123456789ab", "rayhead", false},
		{"ray-0123456789ab", "admin", false},
		{"ray", "ray-head", false},
		{"", "", false},
	} {
		if got := OwnsName(tt.owner, tt.name); got != tt.want {
			t.Errorf("OwnsName(%q, %q) = %v, want %v", tt.owner, tt.name, got, tt.want)
		}
	}
}
