package iamsync

import (
	"sync"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// changes are the roles and instance profiles that all of IAM may not know as they are: their
// creation, or a change of this process to their tags or boundary, is younger than youth. The
// requests of a process share them: the Delete that follows a failed adoption, for example,
// meets an old role with new tags. They are a handful, since older ones are dropped.
type changes struct {
	mu     sync.Mutex
	latest map[entity]time.Time
}

// add records a change of an entity.
func (c *changes) add(e entity, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, since := range c.latest {
		if time.Since(since) >= youth {
			delete(c.latest, other)
		}
	}
	if time.Since(at) < youth && at.After(c.latest[e]) {
		c.latest[e] = at
	}
}

// has reports whether an entity has lately changed.
func (c *changes) has(e entity) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.latest[e]
	return ok && time.Since(at) < youth
}

// setsConditions reports whether a step changes tags or a boundary, or makes or deletes the
// entity that has them. IAM authorizes later steps by these.
func setsConditions(step rayiam.Step) bool {
	switch step.Call {
	case rayiam.CreateRole, rayiam.CreateInstanceProfile, rayiam.DeleteRole, rayiam.DeleteInstanceProfile,
		rayiam.TagRole, rayiam.TagInstanceProfile, rayiam.UntagRole, rayiam.UntagInstanceProfile,
		rayiam.PutRolePermissionsBoundary, rayiam.DeleteRolePermissionsBoundary:
		return true
	}
	return false
}
