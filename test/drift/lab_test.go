// Package drift tests what a look for drift finds, with moto as IAM: the function has made
// the sets, and somebody has changed them by hand.
package drift

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

func TestMain(m *testing.M) {
	rig.Main(m, rig.Suite{Race: true, Flags: map[string]string{"test.parallel": "8"}})
}

type properties = cloudformation.Properties

// quick are the properties of most sets: they have no propagation wait.
var quick = properties{"PropagationWaitSeconds": 0}

const awsPolicy = "arn:aws:iam::aws:policy/"

// A lab is a rig with a client for looks at its account.
type lab struct {
	*rig.Rig
	client *http.Client // for the looks that the test itself makes
}

func newLab(t *testing.T) *lab {
	t.Helper()
	t.Parallel()
	return aloneIn(rig.New(t))
}

// aloneIn returns a lab that closes its connections, for which the rig waits at its end.
func aloneIn(r *rig.Rig) *lab {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	r.TB.Cleanup(transport.CloseIdleConnections)
	return &lab{r, &http.Client{Transport: transport}}
}

// created returns a stack whose resource was created, with CloudFormation's status.
func (l *lab) created(p properties) *cloudformation.Stack {
	l.TB.Helper()
	s := l.Stack()
	answer, _ := s.Create(quick.With(p))
	l.OK(answer)
	l.Resources.Set(s.ID, s.LogicalID, "CREATE_COMPLETE", s.PhysicalID)
	return s
}

func (l *lab) updated(s *cloudformation.Stack, p properties) {
	l.TB.Helper()
	answer, _ := s.Update(quick.With(p))
	l.OK(answer)
}

// config returns a configuration that reaches the account as the function does.
func (l *lab) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(l.Proxy.URL), Credentials: credentials{}, HTTPClient: l.client,
	}
}

// look returns a look at everything in the account.
func (l *lab) look() *drift.Look {
	stacks := l.config()
	stacks.BaseEndpoint = aws.String(l.Resources.URL)
	return &drift.Look{
		Inventory: iamsync.NewInventory(l.config(), 0, slog.New(slog.DiscardHandler)), Stacks: stackresource.NewReader(stacks), NamePrefix: "ray",
	}
}

// sees looks at the account, and returns each set by its owner.
func (l *lab) sees(look *drift.Look) map[string]drift.Set {
	l.TB.Helper()
	defer l.client.CloseIdleConnections() // the proxy waits for them after a kill
	seen := map[string]drift.Set{}
	for set, err := range look.Sets(l.TB.Context()) {
		if err != nil {
			l.TB.Fatal(err)
		}
		if _, twice := seen[set.Owner]; twice {
			l.TB.Errorf("%s comes twice", set.Owner)
		}
		seen[set.Owner] = set
	}
	return seen
}

// summary returns a set as text: to whom it belongs, its state, and each role and profile
// that is not settled.
func summary(s drift.Set) string {
	belongs := map[supersede.Belonging]string{supersede.Unasked: "unasked", supersede.InStack: "in stack", supersede.InFlight: "in flight", supersede.Orphaned: "orphaned"}
	lines := []string{belongs[s.Belongs] + " " + string(s.State())}
	for _, e := range s.Entities {
		if e.State != drift.Settled {
			lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s %s %s%v", e.Kind, e.Name, e.State, e.Differs), "[]"))
		}
	}
	return strings.Join(lines, "; ")
}

type credentials struct{}

// Retrieve implements aws.CredentialsProvider.
func (credentials) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}
