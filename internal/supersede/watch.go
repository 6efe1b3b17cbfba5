package supersede

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

const (
	// lateAfter is the age from which a request is late. Before that, the request that
	// supersedes it is still in its quiet period: see quietPeriod.
	lateAfter = 4 * time.Second

	// staleAfter is the age from which a request is stale.
	staleAfter = 30 * time.Second

	// hiddenPause is the pause between questions while IAM does not show a new entity.
	hiddenPause = 5 * time.Second
)

// Stacks returns CloudFormation's state of a resource of a stack. The error says that the
// stack or the resource does not exist, or reports a denial, or that no answer came in time.
type Stacks interface {
	Read(ctx context.Context, stackID, logicalID string) (stackresource.State, error)
	Statuses
}

// A Watch asks CloudFormation for the current state of a request's resource, because
// CloudFormation does not stop a request that it cancels. It is for one request, and safe for
// several callers at once.
type Watch struct {
	kind       Kind
	request    cfn.RequestType
	stackID    string
	logicalID  string
	physicalID string // of the event
	owner      string // the physical id of the set that the request is about
	begun      time.Time
	age        time.Duration // of the request when it began
	issued     time.Time
	stacks     Stacks
	log        *slog.Logger

	mu    sync.Mutex
	asked time.Time // by WhileHidden
	over  *Error    // once the request is known to be abandoned
}

// New returns the Watch of a request of this kind, which is about the set of owner.
func New(r customresource.Request, kind Kind, owner string, stacks Stacks, log *slog.Logger) *Watch {
	now := time.Now()
	return &Watch{
		begun: now, age: r.Age(now), issued: r.Issued(now),
		kind: kind, request: r.Type, stackID: r.StackID, logicalID: r.LogicalID, physicalID: r.PhysicalID,
		owner: owner, stacks: stacks, log: log,
	}
}

// Issued returns when CloudFormation issued the request, to the second, or when the request
// began if its response URL does not say.
func (w *Watch) Issued() time.Time { return w.issued }

// Stale reports whether the request was queued, or is a retry.
func (w *Watch) Stale() bool { return w.ageNow() >= staleAfter }

func (w *Watch) late() bool { return w.ageNow() >= lateAfter }

func (w *Watch) ageNow() time.Duration { return w.age + time.Since(w.begun) }

func (w *Watch) ours(physicalID string) bool {
	_, ours := rayiam.NamePrefixOf(physicalID, w.stackID, w.logicalID)
	return ours
}

// BeforeWrites is step (8). It must be called before the first write. It returns an error if
// the request is stale and superseded.
func (w *Watch) BeforeWrites(ctx context.Context) *Error {
	if !w.kind.Rule().AsksFirst || !w.Stale() {
		return nil
	}
	over, _ := w.atLeast(ctx, superseded)
	if over != nil && over.Abandoned() {
		w.remember(over)
	}
	return over
}

// BeforeRemovals is step (4). It must be called before worker groups are removed. It returns
// an error if the request is late and superseded.
func (w *Watch) BeforeRemovals(ctx context.Context) *Error {
	if !w.kind.Rule().AsksBeforeRemovals || !w.late() {
		return nil
	}
	over, _ := w.atLeast(ctx, superseded)
	return over
}

// Last is step (6). It must be called after the last write, or when the work has failed. It
// returns an error if the request is late and abandoned. Once that is known, it does not ask
// again.
func (w *Watch) Last(ctx context.Context) *Error {
	if over := w.known(); over != nil || !w.kind.Rule().AsksLast || !w.late() {
		return over
	}
	if over, _ := w.atLeast(ctx, abandoned); over != nil {
		w.remember(over)
	}
	return w.known()
}

// Superseded is step (4) of a failed request. It must be called before the request rolls back
// the worker groups that it had begun: a later request may have declared them. It is false for
// a kind of request that rolls back no groups, for a request that is not late, and if
// CloudFormation cannot be asked.
func (w *Watch) Superseded(ctx context.Context) bool {
	if !w.kind.Rule().AsksBeforeRollback || !w.late() {
		return false
	}
	over, _ := w.atLeast(ctx, superseded)
	return over != nil
}

// LastAsks reports whether Last would ask CloudFormation now.
func (w *Watch) LastAsks() bool { return w.kind.Rule().AsksLast && w.late() }

// WhileHidden is step (6), too. It does the same as Last for many callers at once, which call
// it again and again while IAM does not show what the request has made: perhaps the next
// request has deleted it. One of them asks CloudFormation, every hiddenPause.
func (w *Watch) WhileHidden(ctx context.Context) error {
	w.mu.Lock()
	turn := time.Since(w.asked) >= hiddenPause
	if turn {
		w.asked = time.Now()
	}
	w.mu.Unlock()
	over := w.known()
	if turn {
		over = w.Last(ctx)
	}
	if over == nil {
		return nil
	}
	return over
}

func (w *Watch) remember(over *Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = over
}

func (w *Watch) known() *Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// OwnsSet is step (2). It reports, for a Delete with a generated id, whether the set belongs
// to the current resource, or, if the Delete is stale, is about to: then the Delete is for an
// earlier resource of the same name. It is false if CloudFormation cannot be asked, so that
// the Delete proceeds.
func (w *Watch) OwnsSet(ctx context.Context) bool {
	if !w.kind.Rule().AsksOwner {
		return false
	}
	_, owns, _ := w.confirmed(ctx, func(s stackresource.State) bool {
		return s.PhysicalID == w.owner && !slices.Contains(gone, s.Status) || w.Stale() && s.Status == "CREATE_IN_PROGRESS"
	})
	return owns
}
