package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// An Answer is what a custom resource said.
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

// Read decodes an answer to e. The error says what CloudFormation would not take,
// or would take for something else.
func Read(body []byte, e Event) (Answer, error) {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(len(body) > 4096, "%d bytes, 4096 are allowed", len(body))
	fault(!utf8.Valid(body), "not UTF-8")
	var a Answer
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return a, fmt.Errorf("an answer CloudFormation cannot read: %w", err)
	}
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
