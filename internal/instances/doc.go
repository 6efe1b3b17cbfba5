// Package instances is the only package that calls EC2. It finds the instances that have an
// instance profile, and waits until EC2 knows one that is new.
//
// It owns how EC2 is asked: in which Regions at once, for how long, and what its answers
// mean. It launches, changes and ends nothing, and decides nothing: what follows from its
// findings is package provider's business. EC2 that cannot be asked is never a reason to
// fail.
package instances
