package provider

import (
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

// failedCreates are the resources whose last Create this process has failed, after it had made
// their sets. Nothing in the Delete that follows says so, and it must not be held up: it only
// takes back what the Create has made. Lambda sends the two events, a few seconds apart, to one
// process, unless it is busy with another stack; then CloudFormation is asked. So they are soon
// forgotten: by a Create that another process carries out, the resource may be one that
// instances use.
//
// A Create that finds something of the set is not kept, nor is one that has written nothing.
// Whatever there is was there before, and instances may use it: anybody who may invoke the
// function can send a Create that fails, for a resource that is somebody else's, and a stack can
// declare once more what it had retained.
type failedCreates struct {
	mu sync.Mutex
	at map[string]time.Time // by stack and logical id
}

// maxFailedAge is how long a failed Create is kept: longer than CloudFormation takes to roll
// it back.
const maxFailedAge = 10 * time.Minute

// note keeps how a request has ended. made says that the set was not there before, and that
// the request has begun to make it.
func (f *failedCreates) note(r customresource.Request, made bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		delete(f.at, keyOf(r))
		return
	case r.Type != cfn.RequestCreate || !made:
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
