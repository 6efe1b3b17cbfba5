// Package instances is the only package that calls EC2. It finds the instances that have an
// instance profile, and waits until EC2 knows a new instance profile.
//
// It owns the calls to EC2: their Regions, their time limits, and the meaning of EC2's
// answers. It launches, changes and terminates nothing, and decides nothing: package provider
// decides what follows from its findings. A request never fails because EC2 does not answer.
package instances
