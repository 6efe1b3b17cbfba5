// Package iamsync is the only package that calls IAM: it observes what is there,
// applies a plan, and waits until what was made can be used.
//
// It owns retrying and the classification of IAM's errors. It does not decide what should be
// there: package rayiam makes the plan, and nothing that the plan does not name is changed.
package iamsync
