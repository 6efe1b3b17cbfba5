// Package acceptance holds the built function to its contract, from outside: under
// the Lambda Runtime API, with moto as IAM, asked and judged as CloudFormation
// would. Each test names the section of the contract that it holds.
package acceptance

import (
	"context"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// atOnce is how many tests run at once: as many as there are accounts, since most of
// a test is waiting.
const atOnce = "4"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	code := m.Run()
	moto.StopShared()
	checkout.Clean()
	os.Exit(code)
}

type properties = cloudformation.Properties

// quick are the properties of most tests: they wait for nothing.
var quick = properties{"PropagationWaitSeconds": 0}

// A lab is one test's world: an account of its own with foreign things in it, and a
// process of the function that reaches it through a proxy.
type lab struct {
	t        *testing.T
	account  string
	proxy    *iamproxy.Proxy
	urls     *responseurl.Server
	function *lambdaruntime.Function

	resources *cloudformation.Resources
	iam       *iam.Client
	foreign   rig.Snapshot // what belongs to none of the stacks
}

// newLab builds a lab; env goes to the function. The test runs beside others.
func newLab(t *testing.T, env ...string) *lab {
	t.Helper()
	t.Parallel()
	pool, err := moto.Shared()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, account: pool.Take()}
	header := http.Header{moto.AccountHeader: {l.account}}
	l.iam = rig.Client(pool.URL(), header)
	l.proxy = iamproxy.New(pool.URL(), header, 0)
	l.urls = responseurl.New()
	l.resources = cloudformation.NewResources()
	t.Cleanup(func() {
		l.urls.Close()
		l.resources.Close()
		l.proxy.Close()
		l.foreignIsUntouched()
		if err := rig.Wipe(context.Background(), l.iam, foreign); err != nil {
			t.Errorf("wiping the account: %v", err)
		}
		pool.Return(l.account)
	})
	l.keepForeign()
	l.function = l.start(env...)
	return l
}

// start starts one more process of the function.
func (l *lab) start(env ...string) *lambdaruntime.Function {
	l.t.Helper()
	executable, err := checkout.Function()
	if err != nil {
		l.t.Fatal(err)
	}
	f, err := lambdaruntime.Start(executable, l.account, append(env, "AWS_ENDPOINT_URL="+l.proxy.URL, "AWS_ENDPOINT_URL_CLOUDFORMATION="+l.resources.URL)...)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		f.Stop()
		if strings.Contains(f.Log(), responseurl.Secret) {
			l.t.Errorf("section 7: the log shows a response URL")
		}
	})
	return f
}

func (l *lab) stack() *cloudformation.Stack {
	return cloudformation.NewStack(l.t, l.function, l.urls, l.account)
}

// created returns a stack whose resource was created with these properties.
func (l *lab) created(p properties) *cloudformation.Stack {
	l.t.Helper()
	s := l.stack()
	if answer, _ := s.Create(p); !answer.OK() {
		l.t.Fatalf("Create: %s", answer.Reason)
	}
	return s
}

// snapshot reads the whole account.
func (l *lab) snapshot() rig.Snapshot {
	l.t.Helper()
	snapshot, err := rig.Read(context.Background(), l.iam)
	if err != nil {
		l.t.Fatal(err)
	}
	return snapshot
}

// unchanged fails the test if the account is not as before.
func (l *lab) unchanged(before rig.Snapshot, what string) {
	l.t.Helper()
	if diff := rig.Diff(before, l.snapshot()); diff != "" {
		l.t.Errorf("%s changed the account:\n%s", what, diff)
	}
}

// has fails the test unless each of the facts is a line of the account's snapshot.
func (l *lab) has(facts ...string) {
	l.t.Helper()
	l.holds(true, facts)
}

// hasNot fails the test if one of the facts is in the account's snapshot.
func (l *lab) hasNot(facts ...string) {
	l.t.Helper()
	l.holds(false, facts)
}

func (l *lab) holds(want bool, facts []string) {
	l.t.Helper()
	snapshot := l.snapshot()
	for _, fact := range facts {
		if got := len(snapshot.Matching(fact)) > 0; got != want {
			l.t.Errorf("the account has %q: %v, want %v\n%s", fact, got, want, snapshot)
		}
	}
}

// ok fails the test unless the answer is a success.
func (l *lab) ok(a cloudformation.Answer) {
	l.t.Helper()
	if !a.OK() {
		l.t.Fatalf("FAILED: %s", a.Reason)
	}
}

// failed fails the test unless the answer is a failure whose Reason has the parts.
func (l *lab) failed(a cloudformation.Answer, parts ...string) {
	l.t.Helper()
	if a.OK() {
		l.t.Fatalf("SUCCESS, want FAILED with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(a.Reason, part) {
			l.t.Errorf("Reason %q does not say %q", a.Reason, part)
		}
	}
}

func ptr[T any](v T) *T { return &v }
