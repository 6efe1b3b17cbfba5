package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// An Answer is what a custom resource answered.
type Answer struct {
	Status             string
	Reason             string
	PhysicalResourceID string `json:"PhysicalResourceId"`
	StackID            string `json:"StackId"`
	RequestID          string `json:"RequestId"`
	LogicalResourceID  string `json:"LogicalResourceId"`
	NoEcho             bool
	Data               map[string]string
}

// OK reports whether the answer is a success.
func (a Answer) OK() bool { return a.Status == "SUCCESS" }

// Read decodes an answer to e. The error names everything that CloudFormation would refuse
// or misunderstand.
func Read(body []byte, e Event) (Answer, error) {
	var a Answer
	if err := readable(body); err != nil {
		return a, fmt.Errorf("an answer CloudFormation cannot read: %w", err)
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("an answer CloudFormation cannot read: %w", err)
	}
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(len(body) > 4096, "%d bytes, 4096 are allowed", len(body))
	fault(bytes.Contains(body, []byte(responseurl.Secret)), "shows the response URL")
	fault(a.Status != "SUCCESS" && a.Status != "FAILED", "Status is %q", a.Status)
	fault(a.Status == "FAILED" && a.Reason == "", "FAILED without a Reason")
	fault(a.PhysicalResourceID == "", "no PhysicalResourceId")
	fault(len(a.PhysicalResourceID) > 1024, "PhysicalResourceId of %d bytes", len(a.PhysicalResourceID))
	fault(a.StackID != e.StackID, "StackId %q is not the event's", a.StackID)
	fault(a.RequestID != e.RequestID, "RequestId %q is not the event's", a.RequestID)
	fault(a.LogicalResourceID != e.LogicalResourceID, "LogicalResourceId %q is not the event's", a.LogicalResourceID)
	fault(e.RequestType == "Delete" && a.PhysicalResourceID != e.PhysicalResourceID, "a Delete answered %q for %q", a.PhysicalResourceID, e.PhysicalResourceID)
	return a, errors.Join(faults...)
}

// fields are the names that an answer may have. CloudFormation distinguishes case,
// which encoding/json does not.
var fields = []string{"Status", "Reason", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId", "NoEcho", "Data"}

// readable refuses forms of an answer that decoding it into an Answer would accept.
func readable(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("not UTF-8")
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil {
		return err
	}
	for name := range given {
		if !slices.Contains(fields, name) {
			return fmt.Errorf("unknown field %q", name)
		}
	}
	var data map[string]any
	if raw, ok := given["Data"]; ok {
		if err := json.Unmarshal(raw, &data); err != nil {
			return fmt.Errorf("the field Data: %w", err)
		}
	}
	for name, value := range data {
		if _, ok := value.(string); !ok {
			return fmt.Errorf("the attribute %s is %v, which Fn::GetAtt cannot give", name, value)
		}
	}
	return nil
}
