// Package drift compares what IAM has of each set with what was last declared of it, as the
// tag ray-iam:declared says, and asks CloudFormation whether a stack still has the set. It
// writes nothing, and keeps nothing from one look to the next.
//
// It sees which facet of which role or instance profile differs, not what it was before: for
// that there is the template. The documents of one role at a time are in memory, and of each
// other role and instance profile a few hundred bytes.
package drift
