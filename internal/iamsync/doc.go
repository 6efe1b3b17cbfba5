// Package iamsync is the only package that calls IAM: it observes roles and instance profiles,
// applies a plan, and waits until new ones can be used.
//
// It owns retrying and the classification of IAM's errors. It does not decide the desired
// state: package rayiam makes the plan, and iamsync changes only what the plan names.
package iamsync
