package instances

import (
	"fmt"
	"strings"
)

// noAnswer is the reason for a call that EC2 left unanswered.
const noAnswer = "EC2 did not answer"

func brokenConnection(err error) string { return "the connection to EC2 broke: " + err.Error() }

// notAsked wraps err, the reason why EC2 could not be asked in a Region.
func notAsked(region string, err error) error {
	return &regionError{region, err}
}

// A regionError says that instances could not be looked for in a Region.
type regionError struct {
	region string
	err    error
}

func (e *regionError) Error() string {
	return fmt.Sprintf("looking for instances in %s: %s", e.region, words(e.err))
}
func (e *regionError) Unwrap() error { return e.err }

// An InUseError says which instances would lose their instance profile.
type InUseError struct {
	Instances []Instance // as Find returns them
	Deleting  bool       // by a Delete; otherwise by an Update
	Orphaned  bool       // by a person who deletes an orphaned set
}

// What to do about instances in use. A stack in DELETE_FAILED can be deleted again and not
// updated, so that it is too late for AllowDeleteInUse.
const (
	beforeDeleting       = `end the cluster with "ray down" and delete again; where that no longer works, terminate these instances, the stopped ones too, and delete again (a stack in DELETE_FAILED cannot be updated, so AllowDeleteInUse must be true before the delete)`
	beforeDeletingOrphan = `end the cluster, or terminate these instances, the stopped ones too, and delete again; or pass --allow-delete-in-use`
	beforeUpdating       = `end the cluster with "ray down", or terminate these instances, the stopped ones too, and update again; or set AllowDeleteInUse to true`
)

// Error says how many instances there are, which ones, of which cluster and Region, and what
// to do.
func (e *InUseError) Error() string {
	subject, advice := "1 EC2 instance uses", beforeUpdating
	if n := len(e.Instances); n != 1 {
		subject = fmt.Sprintf("%d EC2 instances use", n)
	}
	switch {
	case e.Orphaned:
		advice = beforeDeletingOrphan
	case e.Deleting:
		advice = beforeDeleting
	}
	return fmt.Sprintf("%s what would be deleted: %s; without their instance profile they lose their permissions, and a head can no longer terminate its workers: %s", subject, named(e.Instances), advice)
}

// Refused is true: the instances are the user's, and the provider's owner has nothing to do.
func (e *InUseError) Refused() bool { return true }

// maxNamed is how many instances of one cluster are named, and how many clusters.
const maxNamed = 3

// named names the first instances of the first clusters: "i-1, i-2 of cluster a in us-east-1".
func named(instances []Instance) string {
	var clauses []string
	rest := instances
	for len(rest) > 0 && len(clauses) < maxNamed {
		n := 1
		for n < len(rest) && rest[n].Region == rest[0].Region && rest[n].Cluster == rest[0].Cluster {
			n++
		}
		clauses = append(clauses, clause(rest[:n]))
		rest = rest[n:]
	}
	text := strings.Join(clauses, "; ")
	if len(rest) > 0 {
		text += fmt.Sprintf("; and %d more of other clusters", len(rest))
	}
	return text
}

// clause names the first of the instances of one cluster.
func clause(instances []Instance) string {
	var ids []string
	for _, instance := range instances[:min(len(instances), maxNamed)] {
		ids = append(ids, instance.ID)
	}
	text := strings.Join(ids, ", ")
	if more := len(instances) - len(ids); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if instances[0].Cluster == "" {
		return text + " of no Ray cluster in " + instances[0].Region
	}
	return text + " of cluster " + instances[0].Cluster + " in " + instances[0].Region
}
