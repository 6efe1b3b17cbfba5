// Package instances is the only package that calls EC2. It finds the instances that have an
// instance profile, and waits until EC2 knows a new instance profile.
//
// It owns how EC2 is asked: in which Regions at once, for how long, and what its answers mean.
// It launches, changes and terminates nothing, and decides nothing: package provider decides
// what follows from its findings. A request never fails because EC2 cannot be asked.
package instances
