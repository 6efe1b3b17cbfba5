package bench

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// A cost is the time that is not counted for a contestant.
type cost struct {
	start time.Duration // for the start of its program
	slept time.Duration // for sleeps, which the benchmark skips
}

// longest is how long a Python program may run: crhelper would retry an answer without end.
const longest = 2 * time.Minute

// run runs a program with the checkout's Python against the rig's IAM. It returns how long
// the program would have slept, and how long it took to start.
func run(b *testing.B, r *rig.Rig, env []string, input string, arguments ...string) (c cost) {
	b.Helper()
	cmd := python(append(env, "AWS_ENDPOINT_URL="+r.Proxy.URL, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true"), arguments...)
	var errors strings.Builder
	cmd.Stdin, cmd.Stderr = strings.NewReader(input), &errors
	out, err := cmd.StdoutPipe()
	must(b, err)
	begun := time.Now()
	must(b, cmd.Start())
	defer time.AfterFunc(longest, func() { _ = cmd.Process.Kill() }).Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			c.start = time.Since(begun)
		}
		if text, ok := strings.CutPrefix(lines.Text(), "slept "); ok {
			n, err := strconv.Atoi(text)
			must(b, err)
			c.slept = time.Duration(n) * time.Second
		}
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%v: %v\n%s", arguments, err, errors.String())
	}
	return c
}

// peerPolicies is the variable that tells the Python handler which policies it attaches: the
// default ones.
func peerPolicies(b *testing.B) string {
	b.Helper()
	policies, err := json.Marshal(rig.DefaultPolicies())
	must(b, err)
	return "PEER_POLICIES=" + string(policies)
}

// invoke sends an event to the Python handler, and fails the benchmark unless the handler
// answers with success. crhelper sends answers only over TLS.
func invoke(b *testing.B, r *rig.Rig, requestType string) cost {
	b.Helper()
	answers := make(chan cloudformation.Answer, 9)
	url := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		var a cloudformation.Answer
		body, err := io.ReadAll(req.Body)
		if err == nil {
			err = json.Unmarshal(body, &a)
		}
		if err != nil {
			a.Reason = err.Error()
		}
		answers <- a
	}))
	defer url.Close()
	authority := filepath.Join(b.TempDir(), "authority.pem")
	must(b, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: url.Certificate().Raw}), 0o644))
	s := r.Stack()
	event := s.Event(requestType, nil)
	event.ResponseURL = url.URL + "/answer"
	if requestType != "Create" {
		event.PhysicalResourceID = "ray"
	}
	c := run(b, r, []string{"SSL_CERT_FILE=" + authority, peerPolicies(b)}, string(event.JSON()), "bench/peers/invoke.py")
	select {
	case a := <-answers:
		if !a.OK() {
			b.Fatalf("%s: %s", requestType, a.Reason)
		}
	default:
		b.Fatalf("%s: no answer", requestType)
	}
	return c
}
