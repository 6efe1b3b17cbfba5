// Package iamsync is the only package that calls IAM: it observes what is there,
// applies a plan, and waits until what was made can be used.
//
// It owns retrying and the classification of IAM's errors. It decides nothing
// about what should be there: a plan comes from package rayiam, and what the plan
// does not name is not touched.
package iamsync
