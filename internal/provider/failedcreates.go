package provider

import (
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

// failedCreates are the resources whose last Create this process has failed, after it had made
// their sets. The Delete that follows does not say that its Create failed, and must not be
// refused because of instances: it only rolls back what the Create made. Lambda sends the two
// events, a few seconds apart, to the same process, unless that is busy with another stack;
// then CloudFormation is asked. An entry is kept only for a short time: another process may
// carry out a new Create, and instances may then use the resource.
//
// A Create that finds a part of the set is not kept, and neither is a Create that has written
// nothing. That part existed before, and instances may use it: anybody who may invoke the
// function can send a Create that fails for somebody else's resource, and a stack can declare
// again a set that it had retained. Such a Create may have another NamePrefix, so each set
// counts for itself.
type failedCreates struct {
	mu sync.Mutex
	at map[string]time.Time // by stack, logical id and owner
}

// maxFailedAge is how long a failed Create is kept: longer than CloudFormation takes to roll
// it back.
const maxFailedAge = 10 * time.Minute

// note records how a request has ended. made says that the set did not exist before, and that
// the request had begun to create it. So made is false for two kinds of request that write
// nothing: a Create that was superseded when it began, such as an event that Lambda delivers
// again, and a request that is not CloudFormation's.
func (f *failedCreates) note(r customresource.Request, owner string, made bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		delete(f.at, keyOfSet(r, owner))
		return
	case r.Type != cfn.RequestCreate || !made:
		return
	case len(f.at) >= maxRefusals || f.at == nil:
		f.at = map[string]time.Time{}
	}
	f.at[keyOfSet(r, owner)] = time.Now()
}

func keyOfSet(r customresource.Request, owner string) string { return keyOf(r) + "|" + owner }

// has reports whether the Create of the owner's set before a request has failed, at most
// maxFailedAge ago.
func (f *failedCreates) has(r customresource.Request, owner string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.at[keyOfSet(r, owner)]
	return ok && time.Since(at) < maxFailedAge
}
