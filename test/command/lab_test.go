// Package command tests that the command rayiam, built as people build it, does what
// docs/rayiam.md says. It compares the command with the built function, with moto as IAM and
// Lambda, and with CloudFormation's documented answers. It also compares the linter's rules
// with the function.
package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{Flags: map[string]string{"test.parallel": "8"}}) }

type properties = cloudformation.Properties

var built = sync.OnceValues(func() (string, error) { return checkout.Build("./cmd/rayiam") })

// A lab is a rig in whose account people run the command.
type lab struct {
	*rig.Rig
	Described *cloudformation.Described
	Lambda    string   // the URL of moto's Lambda in the rig's account
	Env       []string // more environment variables of the command
	Dir       string   // the working directory of the command; the checkout

	CloudFormation string // the URL of Described, and of Resources for the status of a resource
}

func newLab(t *testing.T) *lab {
	t.Helper()
	t.Parallel()
	l := &lab{Rig: rig.New(t), Described: cloudformation.NewDescribed(), Dir: checkout.Root()}
	t.Cleanup(l.Described.Close)
	target, err := url.Parse(l.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		for name, values := range l.Header() {
			r.Out.Header[http.CanonicalHeaderKey(name)] = values
		}
	}})
	t.Cleanup(proxy.Close)
	l.Lambda = proxy.URL
	cloud := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.FormValue("Action"), "DescribeStackResource") {
			l.Resources.ServeHTTP(w, r)
		} else {
			l.Described.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(cloud.Close)
	l.CloudFormation = cloud.URL
	return l
}

// A result is the output and the exit code of a command.
type result struct {
	out, err string
	code     int
}

// environment returns the environment of a person whose AWS profile leads to the lab and
// nowhere else.
func (l *lab) environment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "RAYIAM_") {
			env = append(env, variable)
		}
	}
	return append(append(env, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"AWS_ENDPOINT_URL="+l.Proxy.URL, "AWS_ENDPOINT_URL_EC2="+l.EC2.URL, "AWS_ENDPOINT_URL_CLOUDFORMATION="+l.CloudFormation, "AWS_ENDPOINT_URL_LAMBDA="+l.Lambda), l.Env...)
}

// run runs the command with an input on standard input.
func (l *lab) run(input string, args ...string) result {
	l.TB.Helper()
	return l.runUntil(nil, input, args...)
}

// runUntil runs the command, and kills it when the channel is closed.
func (l *lab) runUntil(killed <-chan struct{}, input string, args ...string) result {
	l.TB.Helper()
	path, err := built()
	if err != nil {
		l.TB.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	go func() {
		select {
		case <-killed:
			cancel()
		case <-ctx.Done():
		}
	}()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = l.Dir, l.environment(), strings.NewReader(input)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.TB.Fatalf("rayiam %v: %v", args, err)
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// ok runs the command, and fails the test unless it ends with this exit code and nothing on
// standard error.
func (l *lab) ok(code int, input string, args ...string) string {
	l.TB.Helper()
	r := l.run(input, args...)
	if r.code != code || r.err != "" {
		l.TB.Fatalf("rayiam %v: exit code %d, want %d\n%s%s", args, r.code, code, r.out, r.err)
	}
	return r.out
}

// fails runs the command, and fails the test unless it ends with exit code 1 and one line
// on standard error with these words.
func (l *lab) fails(input string, words []string, args ...string) {
	l.TB.Helper()
	r := l.run(input, args...)
	if r.code != 1 || r.out != "" || strings.Count(r.err, "\n") != 1 {
		l.TB.Errorf("rayiam %v: exit code %d, want 1 and one line\n%s%s", args, r.code, r.out, r.err)
	}
	for _, word := range words {
		if !strings.Contains(r.err, word) {
			l.TB.Errorf("rayiam %v says %q, want %q in it", args, r.err, word)
		}
	}
}

// file writes a file for the test and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func decoded(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

var ownerID = regexp.MustCompile(`-[0-9a-f]{12}\b`)

// anonymous returns a text without the parts that differ between runs: the account, and the
// digits of the physical id, which depend on the account.
func (l *lab) anonymous(text string) string {
	return ownerID.ReplaceAllString(strings.ReplaceAll(text, l.AccountID, "123456789012"), "-<id>")
}
