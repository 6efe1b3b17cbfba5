package provider

import (
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// failedCreates are the resources whose last Create this process has failed. Nothing in the
// Delete that follows says so, and it must not be held up: it only takes back what the Create
// has made. Lambda sends the two events, a few seconds apart, to one process, unless it is
// busy with another stack; then CloudFormation is asked. So they are soon forgotten: by a
// Create that another process carries out, the resource may be one that instances use.
type failedCreates struct {
	mu sync.Mutex
	at map[string]time.Time // by stack and logical id
}

// maxFailedAge is how long a failed Create is kept: longer than CloudFormation takes to roll
// it back.
const maxFailedAge = 10 * time.Minute

// note keeps how a request has ended. A Create that is superseded without being abandoned, such
// as an event that Lambda delivers again, says nothing of the resource, nor does a request that
// is not CloudFormation's.
func (f *failedCreates) note(r customresource.Request, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	over, superseded := errors.AsType[*supersede.Error](err)
	_, unexpected := errors.AsType[*supersede.UnexpectedError](err)
	switch {
	case unexpected, superseded && !over.Abandoned():
		return
	case err == nil:
		delete(f.at, keyOf(r))
		return
	case r.Type != cfn.RequestCreate:
		return
	case len(f.at) >= maxRefusals || f.at == nil:
		f.at = map[string]time.Time{}
	}
	f.at[keyOf(r)] = time.Now()
}

// has reports whether the Create before a request has failed, maxFailedAge ago at the most.
func (f *failedCreates) has(r customresource.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.at[keyOf(r)]
	return ok && time.Since(at) < maxFailedAge
}
