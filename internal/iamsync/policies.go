package iamsync

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// DefaultPolicyMemory is how long a process remembers that a managed policy of AWS exists. AWS
// hardly ever withdraws one, and IAM then refuses to attach it.
const DefaultPolicyMemory = time.Hour

// knownPolicies are the managed policies of AWS whose existence a process has seen. They do
// not include the account's own policies, which anybody may delete at any time.
type knownPolicies struct {
	memory time.Duration

	mu   sync.Mutex
	seen map[string]time.Time // by ARN, when
}

// ofAWS reports whether a managed policy belongs to AWS.
func ofAWS(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

func (k *knownPolicies) add(arn string, at time.Time) {
	if !ofAWS(arn) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[arn] = at
}

func (k *knownPolicies) has(arn string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.seen[arn]
	return ok && time.Since(at) < k.memory
}

func (k *knownPolicies) forget(arn string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.seen, arn)
}

// MissingPolicies returns which of the managed policies do not exist. It does not ask about
// policies that this request has seen before, or that the process remembers.
func (s *Sync) MissingPolicies(ctx context.Context, arns []string) (map[string]bool, error) {
	missing := newMissing()
	err := s.read(ctx, s.policyReads(missing, arns))
	return missing.arns, err
}

// missing collects the policies that do not exist.
type missing struct {
	mu   sync.Mutex
	arns map[string]bool
}

func newMissing() *missing { return &missing{arns: map[string]bool{}} }

func (m *missing) add(arn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arns[arn] = true
}

func (s *Sync) policyReads(into *missing, arns []string) (reads []func(*batch) error) {
	for _, arn := range arns {
		if !s.hasAsked(arn) && !s.client.known.has(arn) {
			reads = append(reads, func(b *batch) error { return b.getPolicy(into, arn) })
		}
	}
	return reads
}

func (b *batch) getPolicy(into *missing, arn string) error {
	found := false
	err := b.read("reading policy "+arn, nil, func(ctx context.Context) error {
		err := b.sync.askPolicy(ctx, arn)
		found = err == nil
		return err
	})
	if err == nil && !found {
		into.add(arn)
	}
	return err
}

// askPolicy asks IAM for a managed policy and records that it exists.
func (s *Sync) askPolicy(ctx context.Context, arn string) error {
	begun := time.Now()
	_, err := s.client.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err == nil {
		s.mu.Lock()
		s.asked[arn] = true
		s.mu.Unlock()
		s.client.known.add(arn, begun)
	}
	return err
}

func (s *Sync) hasAsked(arn string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[arn]
}

// withdrawn reports whether AWS may have withdrawn a managed policy that IAM says is missing:
// only the process's memory, and no read of this request, has shown it.
func (b *batch) withdrawn(arn string) bool {
	if arn == "" || b.sync.hasAsked(arn) {
		return false
	}
	b.sync.client.known.forget(arn)
	return has(b.attempt(false, func(ctx context.Context) error { return b.sync.askPolicy(ctx, arn) }), codeAbsent)
}
