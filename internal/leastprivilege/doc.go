// Package leastprivilege writes the policies that replace the default ones where a template
// declares LeastPrivilege. They allow what Ray's autoscaler needs for the declared cluster or
// clusters, and the use of the data that the template names.
//
// The package owns the options and the policy documents that they produce, one file for each
// policy. The files launcher*.go produce the policy of the person who runs ray up. scope.go
// limits statements to a Region, an account and instance profiles, and tags.go has the
// conditions on tags. The package uses only plain names and ARNs, no roles, templates or
// requests. It does not check Options: the published schema ensures that no string has a
// wildcard or a policy variable. It checks each Launcher itself.
package leastprivilege
