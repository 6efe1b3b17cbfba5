package bench

import (
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// rounds is how often each start is measured. The result is the median.
const rounds = 20

// A starter is a program whose start is measured.
type starter struct {
	name, executable string
	ready, answered  []time.Duration
	memory           float64 // MiB, the peak
}

// BenchmarkStart measures the time from the start of a process until it asks Lambda for its
// first event, and until it has answered that event. It measures in turn the function, a
// function with the same clients that does nothing, one that does nothing at all, and a
// handler in Python. The ratio to the second one does not depend on the machine's speed.
// Reference 10.5.
func BenchmarkStart(b *testing.B) {
	measure(b, "start", func() string {
		r := rig.New(b)
		starters := []*starter{
			{name: "Custom::RayIAM", executable: built(b, "./function")},
			{name: "a Go function with the same clients: the floor", executable: built(b, "./bench/minimal")},
			{name: "an empty Go function", executable: built(b, "./bench/empty")},
			{name: "crhelper and boto3: imports and clients"},
		}
		for range rounds {
			for _, s := range starters {
				s.start(b, r)
			}
		}
		var rows [][]string
		floor := starters[1]
		for _, s := range starters {
			answered, size := "-", "-"
			if s.executable != "" {
				answered, size = milliseconds(s.answered), fmt.Sprintf("%.2f MiB", packed(b, s.executable))
			}
			rows = append(rows, []string{s.name, milliseconds(s.ready), fmt.Sprintf("%.1f", median(s.ready).Seconds()/median(floor.ready).Seconds()), answered, mebibytes(s.memory), fmt.Sprintf("%.1f", s.memory/floor.memory), size})
		}
		return fmt.Sprintf(startIntro, rounds) + table([]string{"", "ready", "ratio to the floor", "first answer", "memory", "ratio to the floor", "compressed"}, rows)
	})
}

const startIntro = `The time from the start of a process until it asks for its first event, and until it has answered an event that it refuses
before it calls IAM. Medians of %d starts. The floor has the clients of IAM, CloudFormation and EC2, makes no call, and
can make one of each, so that the linker keeps them. The handler in Python is measured until it has its clients, before
Lambda's Python runtime has begun; boto3 comes with the runtime, and is in no zip file.

`

func (s *starter) start(b *testing.B, r *rig.Rig) {
	if s.executable == "" {
		took, memory := pythonReady(b)
		s.ready, s.memory = append(s.ready, took), max(s.memory, memory)
		return
	}
	begun := time.Now()
	f, err := lambdaruntime.Start(s.executable, r.AccountID)
	must(b, err)
	defer f.Stop()
	ready, err := f.Ready()
	must(b, err)
	event := fmt.Sprintf(`{"RequestType":"Create","RequestId":"r","StackId":"arn:aws:cloudformation:us-east-1:%s:stack/s/1","LogicalResourceId":"RayIAM","ResponseURL":%q,"ResourceProperties":{"Unknown":"1"}}`, r.AccountID, r.URLs.URL(0))
	if outcome := f.Invoke([]byte(event), time.Minute); !outcome.OK() {
		b.Fatalf("%s: %+v\n%s", s.name, outcome, f.Log())
	}
	s.ready, s.answered = append(s.ready, ready), append(s.answered, time.Since(begun))
	s.memory = max(s.memory, peak(b, f.Pid()))
}

// pythonReady returns how long the Python handler takes to import its modules and to make
// its clients, and its memory then.
func pythonReady(b *testing.B) (took time.Duration, memory float64) {
	b.Helper()
	cmd := python([]string{peerPolicies(b), "AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}, "bench/peers/invoke.py")
	event, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	begun := time.Now()
	must(b, cmd.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	took = time.Since(begun)
	must(b, err)
	memory = peak(b, cmd.Process.Pid)
	must(b, event.Close())
	must(b, cmd.Wait())
	return took, memory
}

func built(b *testing.B, command string) string {
	b.Helper()
	executable, err := checkout.Build(command)
	must(b, err)
	return executable
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func milliseconds(all []time.Duration) string {
	return fmt.Sprintf("%.1f ms", median(all).Seconds()*1000)
}

// packed returns the size of an executable in a zip file, in MiB.
func packed(b *testing.B, executable string) float64 {
	b.Helper()
	in, err := os.Open(executable)
	must(b, err)
	defer in.Close()
	var size counter
	out, err := flate.NewWriter(&size, flate.DefaultCompression)
	must(b, err)
	_, err = io.Copy(out, in)
	must(b, err)
	must(b, out.Close())
	return float64(size) / (1 << 20)
}

// A counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
