package faults

import (
	"regexp"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

var adoptable = regexp.MustCompile(`^role ray-(head|worker): (attached|inline|trusts)`)

// released holds that what was adopted is there and nobody's, whatever its policies.
func (c *cell) released() {
	c.tb.Helper()
	bare := func(snapshot rig.Snapshot) (lines rig.Snapshot) {
		for _, line := range snapshot {
			if !adoptable.MatchString(line) {
				lines = append(lines, line)
			}
		}
		return lines
	}
	if diff := rig.Diff(bare(references[c.name].before), bare(c.snapshot())); diff != "" {
		c.tb.Errorf("after the release the account is not as it was before:\n%s", diff)
	}
}
