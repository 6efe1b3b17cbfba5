package customresource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
)

// A Request is CloudFormation's event, decoded as far as it could be.
type Request struct {
	Type           cfn.RequestType
	RequestID      string
	ResponseURL    Secret
	ResourceType   string
	LogicalID      string
	PhysicalID     string // empty on a Create
	StackID        string
	ServiceToken   string
	ServiceTimeout time.Duration // for how long CloudFormation waits; 0 if the event does not say
	Properties     json.RawMessage
	OldProperties  json.RawMessage // on an Update only
}

// A Secret is text that is hidden wherever it is printed, logged or encoded. The response URL
// is one: whoever knows it can answer for the resource.
type Secret string

const redacted = "[redacted]"

// String, GoString, LogValue and MarshalText all hide the secret.
func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Decode reads an event. If the event is malformed, the error says what is wrong. The request
// then has the fields that could be read, above all the response URL, so that it can be
// answered.
func Decode(payload []byte) (Request, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return Request{ResponseURL: salvageURL(payload)}, fmt.Errorf("decoding the event: %s", syntax(err))
	}
	var faults []error
	text := func(name string) string {
		raw, given := fields[name]
		if !given {
			return ""
		}
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			faults = append(faults, fmt.Errorf("%s is not a string", name))
		}
		return s
	}
	r := Request{
		Type:           cfn.RequestType(text("RequestType")),
		RequestID:      text("RequestId"),
		ResponseURL:    Secret(text("ResponseURL")),
		ResourceType:   text("ResourceType"),
		LogicalID:      text("LogicalResourceId"),
		PhysicalID:     text("PhysicalResourceId"),
		StackID:        text("StackId"),
		ServiceToken:   text("ServiceToken"),
		ServiceTimeout: serviceTimeout(fields),
		Properties:     fields["ResourceProperties"],
		OldProperties:  fields["OldResourceProperties"],
	}
	faults = append(faults, r.faults()...)
	if len(faults) > 0 {
		return r, fmt.Errorf("decoding the event: %w", errors.Join(faults...))
	}
	return r, nil
}

// faults returns an error for each required field that is missing. An Update and a Delete
// require more fields than a Create.
func (r Request) faults() []error {
	var faults []error
	require := func(name, value string) {
		if value == "" {
			faults = append(faults, fmt.Errorf("%s is missing", name))
		}
	}
	switch r.Type {
	case cfn.RequestCreate:
	case cfn.RequestUpdate, cfn.RequestDelete:
		require("PhysicalResourceId", r.PhysicalID)
	default:
		faults = append(faults, otherType(r.Type))
	}
	require("ResponseURL", string(r.ResponseURL))
	require("RequestId", r.RequestID)
	require("StackId", r.StackID)
	require("LogicalResourceId", r.LogicalID)
	return faults
}

// syntax says where JSON is malformed. It leaves out the text around that place, which may have
// the response URL in it.
func syntax(err error) string {
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return fmt.Sprintf("not JSON at byte %d", s.Offset)
	}
	return "not a JSON object"
}

var responseURL = regexp.MustCompile(`"ResponseURL"\s*:\s*("(?:[^"\\]|\\.)*")`)

// salvageURL finds the response URL in an event that is not JSON as a whole, such as one that
// was cut off. A property of the same name counts only if there is no such field.
func salvageURL(payload []byte) Secret {
	if s := fieldURL(payload); s != "" {
		return s
	}
	m := responseURL.FindSubmatch(payload)
	if m == nil {
		return ""
	}
	var s string
	if err := json.Unmarshal(m[1], &s); err != nil {
		return ""
	}
	return Secret(s)
}

// fieldURL returns the event's own ResponseURL, the last one before the event breaks.
func fieldURL(payload []byte) (found Secret) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	for dec.More() {
		name, err := dec.Token()
		var value json.RawMessage
		if err != nil || dec.Decode(&value) != nil {
			break
		}
		var s string
		if name == "ResponseURL" && json.Unmarshal(value, &s) == nil {
			found = Secret(s)
		}
	}
	return found
}

// answerable reports whether a PUT can go to the response URL at all.
func (r Request) answerable() bool {
	u, err := url.Parse(string(r.ResponseURL))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
