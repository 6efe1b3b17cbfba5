// Package leastprivilege writes the policies that stand in for the default ones
// where a template declares LeastPrivilege: just wide enough for Ray's autoscaler
// on one cluster, and for the data that the template names.
//
// It owns the options and the documents made of them, one file for each policy: those of the
// head and the workers, and, in the files launcher*.go, that of the person who runs ray up. What
// a statement is limited to is in scope.go, and what is said of tags in tags.go. The package takes
// plain names and ARNs, and knows no role, no template and no request. It checks nothing: the
// published schema ensures that no string has a wildcard or a policy variable.
package leastprivilege
