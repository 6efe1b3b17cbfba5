package faults

import "github.com/ray-iam/custom-rayiam/test/rig"

var adoptable = []string{"role ray-head: attached", "role ray-head: inline", "role ray-head: trusts", "role ray-worker: attached", "role ray-worker: inline", "role ray-worker: trusts"}

// released proves that the adopted roles and profiles exist and have no owner, whatever
// their policies.
func (c *cell) released() {
	c.TB.Helper()
	if diff := rig.Diff(references[c.name].before.Without(adoptable...), c.snapshot().Without(adoptable...)); diff != "" {
		c.TB.Errorf("after the release the account is not as it was before:\n%s", diff)
	}
}
