// Package drift compares each set in IAM with its last declared state, which the tag
// ray-iam:declared records, and asks CloudFormation whether a stack still has the set. It
// writes nothing, and keeps nothing from one look to the next.
//
// It finds which facet of which role or instance profile differs, but not the declared value,
// which the template has. Memory has the documents of one role at a time, and a few hundred
// bytes for each other role and instance profile.
package drift
