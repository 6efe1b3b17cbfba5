package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A malformed is an event that cannot be decoded. %URL% in it is replaced by the
// ResponseURL.
type malformed struct{ name, payload string }

// malformedEvents are events that CloudFormation never sends.
var malformedEvents = []malformed{
	{"nothing", ``},
	{"white space", " \n"},
	{"null", `null`},
	{"a number", `7`},
	{"a text", `"%URL%"`},
	{"only a URL", `{"ResponseURL":"%URL%"}`},
	{"a URL in a list", `[{"ResponseURL":"%URL%"}]`},
	{"a URL that is a number", `{"ResponseURL":7}`},
	{"a URL of another scheme", `{"RequestType":"Create","ResponseURL":"ftp://127.0.0.1/"}`},
	{"every field a list", `{"RequestType":[],"ResponseURL":"%URL%","StackId":[],"RequestId":[],"LogicalResourceId":[],"PhysicalResourceId":[],"ResourceProperties":[],"OldResourceProperties":[]}`},
	{"every field null", `{"RequestType":null,"ResponseURL":"%URL%","StackId":null,"RequestId":null,"LogicalResourceId":null,"PhysicalResourceId":null,"ResourceProperties":null}`},
	{"every field empty", `{"RequestType":"","ResponseURL":"%URL%","StackId":"","RequestId":"","LogicalResourceId":"","PhysicalResourceId":"","ResourceProperties":{}}`},
	{"cut off in a field", `{"ResponseURL":"%URL%","RequestType":"Crea`},
	{"cut off in a list", `{"ResponseURL":"%URL%","ResourceProperties":{"WorkerGroups":[{"Na`},
	{"text after the end", `{"ResponseURL":"%URL%","RequestType":"Create"}}}`},
	{"bytes that are no text", "{\"ResponseURL\":\"%URL%\",\"RequestType\":\"Create\",\"StackId\":\"\xff\xfe\x00\",\"LogicalResourceId\":\"\xc3\x28\"}"},
	{"lone surrogates", `{"ResponseURL":"%URL%","RequestType":"\ud800","StackId":"\udfff","LogicalResourceId":"\ud800\ud800"}`},
	{"nested deeper than JSON goes", `{"ResponseURL":"%URL%","ResourceProperties":` + strings.Repeat("[", 20000)},
	{"nested deeply", `{"ResponseURL":"%URL%","RequestType":"Create","ResourceProperties":{"Head":` + strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat("}", 5001) + `}`},
	{"ids of a megabyte", `{"ResponseURL":"%URL%","RequestType":"Delete","PhysicalResourceId":"` + strings.Repeat("<", 1<<20) + `","StackId":"` + strings.Repeat("\u2028", 1<<18) + `","RequestId":"r","LogicalResourceId":"l"}`},
	{"ten thousand unknown properties", `{"ResponseURL":"%URL%","RequestType":"Create","RequestId":"r","LogicalResourceId":"l","StackId":"arn:aws:cloudformation:us-east-1:123456789012:stack/s/1","ResourceProperties":{` + many(10000, `"unknown-%d":{}`) + `}}`},
	{"ten thousand worker groups", `{"ResponseURL":"%URL%","RequestType":"Create","RequestId":"r","LogicalResourceId":"l","StackId":"arn:aws:cloudformation:us-east-1:123456789012:stack/s/1","ResourceProperties":{"WorkerGroups":[` + many(10000, `{"Name":"%d"}`) + `]}}`},
}

func many(n int, format string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(all, ",")
}

var (
	anyURL = regexp.MustCompile(`https?:\\?/\\?/[^"]*`)
	value  = regexp.MustCompile(`(?m)^(?:string|\[\]byte)\((".*")\)$`)
)

// corpus returns the events in the corpora of the fuzz tests, with %URL% for the
// ResponseURL, and the properties in those corpora, each in an otherwise good event.
func corpus(t *testing.T) (events []malformed) {
	t.Helper()
	for _, target := range []string{"customresource/testdata/fuzz/FuzzDecode", "provider/testdata/fuzz/FuzzInvoke", "properties/testdata/fuzz/FuzzRead"} {
		files, err := filepath.Glob(filepath.Join(checkout.Root(), "internal", target, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("the fuzz test %s has no corpus (%v)", target, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m := value.FindSubmatch(content)
			if m == nil {
				t.Fatalf("%s has no value", file)
			}
			payload, err := strconv.Unquote(string(m[1]))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if strings.HasSuffix(target, "FuzzRead") {
				payload = `{"RequestType":"Update","ResponseURL":"%URL%","RequestId":"r","LogicalResourceId":"l","PhysicalResourceId":"x","StackId":"arn:aws:cloudformation:us-east-1:999999999999:stack/s/1","OldResourceProperties":` + payload + `,"ResourceProperties":` + payload + `}`
			}
			events = append(events, malformed{target + "/" + filepath.Base(file), anyURL.ReplaceAllString(payload, "%URL%")})
		}
	}
	return events
}

// field matches the name and the value of the ResponseURL in an event's text.
var field = regexp.MustCompile(`"ResponseURL":\s*"%URL%"`)

// TestAnswer_OneProcessSurvivesAll proves that one process survives all of these events: it
// answers each event whose ResponseURL can be read once, and returns an error for each
// other event. Nothing is written.
// Reference 7.1, 7.2, 10.3.
func TestAnswer_OneProcessSurvivesAll(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	pid, answered, unanswerable := l.Function.Pid(), 0, 0
	for _, m := range append(malformedEvents, corpus(t)...) {
		url := l.URLs.URL(0)
		payload := strings.ReplaceAll(m.payload, "%URL%", url)
		outcome := l.Function.Invoke([]byte(payload), time.Minute)
		want := min(1, len(field.FindAllString(m.payload, -1)))
		puts := l.URLs.Puts(url)
		switch {
		case outcome.Died:
			t.Fatalf("%s: the process died\n%s", m.name, l.Function.Log())
		case len(puts) != want:
			t.Errorf("%s: got %d answers, want %d (the invocation ended with %+v)", m.name, len(puts), want, outcome)
		case (outcome.Error == "") != (want == 1):
			t.Errorf("%s: got %d answers, and the invocation ended with %+v, want success after an answer and an error without one", m.name, want, outcome)
		case want == 1:
			answered++
			if !puts[0].Taken || len(puts[0].Body) > 4096 || !strings.Contains(string(puts[0].Body), `"PhysicalResourceId":"`) {
				t.Errorf("%s: CloudFormation would refuse the answer: %.300s", m.name, puts[0].Body)
			}
		default:
			unanswerable++
		}
	}
	if answered < 20 || unanswerable < 5 {
		t.Errorf("%d events could be answered and %d could not: too few events of one kind to prove anything", answered, unanswerable)
	}
	l.unchanged(before, "the stream")
	s := l.created(quick)
	l.OK(s.Delete())
	if l.Function.Pid() != pid {
		t.Error("the events were not all handled by one process")
	}
}
