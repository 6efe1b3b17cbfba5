package iamsync

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// inventoryInFlight bounds the calls of an Inventory that are under way at once.
const inventoryInFlight = 8

// An Inventory lists and reads the roles and instance profiles of an account, and writes
// nothing. Its caller decides how much to read at once. An Inventory is not safe for
// concurrent use.
type Inventory struct{ sync *Sync }

// NewInventory returns an Inventory that makes at most callsPerSecond calls a second, retries
// included, one after another; 0 for no limit. It retries throttled calls until its context
// ends. A denial is final.
func NewInventory(cfg aws.Config, callsPerSecond int, log *slog.Logger) *Inventory {
	inFlight := inventoryInFlight
	if callsPerSecond > 0 {
		inFlight = 1
		client := cfg.HTTPClient
		if client == nil {
			client = awshttp.NewBuildableClient()
		}
		cfg.HTTPClient = &pacedClient{client: client, pause: time.Second / time.Duration(callsPerSecond)}
	}
	s := New(NewClient(cfg, 0), Patience{}, nil, log)
	s.slots = make(chan struct{}, inFlight)
	return &Inventory{s}
}

// Calls returns how many calls were made so far.
func (v *Inventory) Calls() int64 { return v.sync.calls.Load() }

// A Listed is a role or instance profile as a list names it.
type Listed struct{ Name, Path, Account string }

func listed(name, path, arn *string) Listed {
	l := Listed{Name: aws.ToString(name), Path: aws.ToString(path)}
	if parts := strings.SplitN(aws.ToString(arn), ":", 6); len(parts) == 6 { // arn:aws:iam::123456789012:role/...
		l.Account = parts[4]
	}
	return l
}

// Roles calls found for each role at or below a path, page by page.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
func (v *Inventory) Roles(ctx context.Context, path string, found func(Listed)) error {
	return v.list(ctx, "listing roles", func(ctx context.Context, marker *string) (*string, error) {
		out, err := v.sync.client.iam.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: optional(path), Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return nil, err
		}
		for _, role := range out.Roles {
			found(listed(role.RoleName, role.Path, role.Arn))
		}
		return out.Marker, nil
	})
}

// InstanceProfiles calls found for each instance profile at or below a path, page by page.
func (v *Inventory) InstanceProfiles(ctx context.Context, path string, found func(Listed)) error {
	return v.list(ctx, "listing instance profiles", func(ctx context.Context, marker *string) (*string, error) {
		out, err := v.sync.client.iam.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{PathPrefix: optional(path), Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return nil, err
		}
		for _, profile := range out.InstanceProfiles {
			found(listed(profile.InstanceProfileName, profile.Path, profile.Arn))
		}
		return out.Marker, nil
	})
}

// maxItems is the MaxItems of a call that lists. IAM may return fewer entries. A larger number
// would make fewer calls with larger answers: a role is listed with its trust policy.
const maxItems = 200

func (v *Inventory) list(ctx context.Context, doing string, next func(ctx context.Context, marker *string) (*string, error)) error {
	return joined(v.sync.parallel(ctx, 1, func(b *batch, _ int) error {
		return b.pages(doing, "", next)
	}))
}

// ReadRoles returns the roles with these names, without their policies, and nil for each role
// that does not exist.
func (v *Inventory) ReadRoles(ctx context.Context, names []string) ([]*rayiam.Role, error) {
	roles := make([]*rayiam.Role, len(names))
	err := joined(v.sync.parallel(ctx, len(names), func(b *batch, i int) (err error) {
		roles[i], err = b.getRole(rayiam.Lookup{Name: names[i]})
		return err
	}))
	return roles, err
}

// ReadInstanceProfiles returns the instance profiles with these names, and nil for each one
// that does not exist.
func (v *Inventory) ReadInstanceProfiles(ctx context.Context, names []string) ([]*rayiam.InstanceProfile, error) {
	profiles := make([]*rayiam.InstanceProfile, len(names))
	err := joined(v.sync.parallel(ctx, len(names), func(b *batch, i int) (err error) {
		profiles[i], err = b.getInstanceProfile(rayiam.Lookup{Name: names[i]})
		return err
	}))
	return profiles, err
}

// ReadPolicies returns the managed policies of a role, and its inline policies with their
// documents. A deleted role has none.
func (v *Inventory) ReadPolicies(ctx context.Context, role string) (managed []string, inline map[string]string, err error) {
	d := &details{documents: map[string]string{}}
	if err := v.sync.read(ctx, d.reads(rayiam.Lookup{Name: role})); err != nil {
		return nil, nil, err
	}
	var documents []func(*batch) error
	for _, name := range d.inline {
		documents = append(documents, func(b *batch) error { return b.getRolePolicy(d, role, name) })
	}
	return d.attached, d.documents, v.sync.read(ctx, documents)
}

// A pacedClient sends one request after another, with at least a pause in between.
type pacedClient struct {
	client aws.HTTPClient
	pause  time.Duration

	mu   sync.Mutex
	next time.Time
}

// Do implements aws.HTTPClient.
func (c *pacedClient) Do(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	wait := time.Until(c.next)
	c.next = time.Now().Add(max(wait, 0) + c.pause)
	c.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return c.client.Do(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
