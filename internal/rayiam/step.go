package rayiam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Call is the name of an IAM API action that writes.
type Call string

// The calls in plans.
const (
	CreateRole                    Call = "CreateRole"
	DeleteRole                    Call = "DeleteRole"
	TagRole                       Call = "TagRole"
	UntagRole                     Call = "UntagRole"
	UpdateAssumeRolePolicy        Call = "UpdateAssumeRolePolicy"
	PutRolePermissionsBoundary    Call = "PutRolePermissionsBoundary"
	DeleteRolePermissionsBoundary Call = "DeleteRolePermissionsBoundary"
	AttachRolePolicy              Call = "AttachRolePolicy"
	DetachRolePolicy              Call = "DetachRolePolicy"
	PutRolePolicy                 Call = "PutRolePolicy"
	DeleteRolePolicy              Call = "DeleteRolePolicy"
	CreateInstanceProfile         Call = "CreateInstanceProfile"
	DeleteInstanceProfile         Call = "DeleteInstanceProfile"
	TagInstanceProfile            Call = "TagInstanceProfile"
	UntagInstanceProfile          Call = "UntagInstanceProfile"
	AddRoleToInstanceProfile      Call = "AddRoleToInstanceProfile"
	RemoveRoleFromInstanceProfile Call = "RemoveRoleFromInstanceProfile"
)

// A Step is one write. Only the fields that its Call takes are set.
type Step struct {
	Call            Call
	Role            string
	InstanceProfile string
	Path            string
	Policy          string // a managed policy's ARN, or an inline policy's name
	Document        string // JSON
	Boundary        string // a policy ARN
	Tags            map[string]string
	TagKeys         []string
}

// String returns what the step does in one line, for errors and the log.
func (s Step) String() string {
	switch s.Call {
	case CreateRole:
		return "creating role " + s.Role
	case DeleteRole:
		return "deleting role " + s.Role
	case TagRole:
		return "tagging role " + s.Role
	case UntagRole:
		return "untagging role " + s.Role
	case UpdateAssumeRolePolicy:
		return "updating the trust policy of role " + s.Role
	case PutRolePermissionsBoundary:
		return "putting permissions boundary " + s.Boundary + " on role " + s.Role
	case DeleteRolePermissionsBoundary:
		return "deleting the permissions boundary of role " + s.Role
	case AttachRolePolicy:
		return "attaching policy " + s.Policy + " to role " + s.Role
	case DetachRolePolicy:
		return "detaching policy " + s.Policy + " from role " + s.Role
	case PutRolePolicy:
		return "putting inline policy " + s.Policy + " on role " + s.Role
	case DeleteRolePolicy:
		return "deleting inline policy " + s.Policy + " of role " + s.Role
	case CreateInstanceProfile:
		return "creating instance profile " + s.InstanceProfile
	case DeleteInstanceProfile:
		return "deleting instance profile " + s.InstanceProfile
	case TagInstanceProfile:
		return "tagging instance profile " + s.InstanceProfile
	case UntagInstanceProfile:
		return "untagging instance profile " + s.InstanceProfile
	case AddRoleToInstanceProfile:
		return "adding role " + s.Role + " to instance profile " + s.InstanceProfile
	case RemoveRoleFromInstanceProfile:
		return "removing role " + s.Role + " from instance profile " + s.InstanceProfile
	}
	return string(s.Call)
}

// Needs returns the managed policy without which IAM refuses the step; empty for none.
func (s Step) Needs() string {
	switch s.Call {
	case AttachRolePolicy:
		return s.Policy
	case CreateRole, PutRolePermissionsBoundary:
		return s.Boundary
	}
	return ""
}

// detail renders the arguments that String leaves out.
func (s Step) detail() string {
	var out strings.Builder
	if s.Path != "" {
		fmt.Fprintf(&out, " path=%s", s.Path)
	}
	if s.Call == CreateRole && s.Boundary != "" {
		fmt.Fprintf(&out, " boundary=%s", s.Boundary)
	}
	if s.Document != "" {
		fmt.Fprintf(&out, " document=%s", s.Document)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		fmt.Fprintf(&out, " %s=%s", key, s.Tags[key])
	}
	for _, key := range s.TagKeys {
		fmt.Fprintf(&out, " %s", key)
	}
	return out.String()
}
