package customresource

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"
)

// MaxAnswer is the size of the largest answer that CloudFormation accepts, in bytes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
const MaxAnswer = 4096

// Limits of the text that an answer copies from its event, in encoded bytes. CloudFormation
// itself stays below them. They keep a hostile event from making an answer too long.
const (
	maxPhysicalID = 1024
	maxOther      = 512
)

// An Answer is the response to CloudFormation.
type Answer struct {
	Status     cfn.StatusType
	Reason     string // of a failure
	PhysicalID string
	StackID    string
	RequestID  string
	LogicalID  string
	Data       map[string]string // attributes
}

// wire is the answer in CloudFormation's words.
type wire struct {
	Status             cfn.StatusType
	Reason             string            `json:",omitempty"`
	PhysicalResourceID string            `json:"PhysicalResourceId"`
	StackID            string            `json:"StackId"`
	RequestID          string            `json:"RequestId"`
	LogicalResourceID  string            `json:"LogicalResourceId"`
	Data               map[string]string `json:",omitempty"`
}

// Fits reports whether a success with this Data can be sent as it is.
func (a Answer) Fits() bool { return len(encode(a.wire())) <= MaxAnswer }

func (a Answer) wire() wire {
	return wire{
		Status:             a.Status,
		PhysicalResourceID: clip(a.PhysicalID, maxPhysicalID),
		StackID:            clip(a.StackID, maxOther),
		RequestID:          clip(a.RequestID, maxOther),
		LogicalResourceID:  clip(a.LogicalID, maxOther),
		Data:               a.Data,
	}
}

// Encode returns the answer as it is sent, in at most MaxAnswer bytes. A Reason that does not
// fit is cut in its middle, so that it keeps what failed, the cause, and tail, which says
// where to find the log. If Data does not fit, the answer is a failure whose Reason says so.
func (a Answer) Encode(tail string) []byte {
	w := a.wire()
	reason := a.Reason
	if a.Status == cfn.StatusSuccess {
		if body := encode(w); len(body) <= MaxAnswer {
			return body
		}
		w.Status, w.Data = cfn.StatusFailed, nil
		reason = attributesTooLong()
	}
	tail = clip(tail, maxOther)
	room := MaxAnswer - len(encode(w)) - len(`"Reason":"",`) - encodedLen(tail)
	w.Reason = shorten(reason, room) + tail
	return encode(w)
}

// encode writes v without escaping HTML, which would turn a single < of a Reason into six
// bytes.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // strings and maps of strings always encode
	}
	return bytes.TrimSpace(out.Bytes())
}

// encodedLen is the length of s as JSON, quotation marks aside.
func encodedLen(s string) int { return len(encode(s)) - 2 }

const ellipsis = " … "

// shorten returns s if its encoded form has at most room bytes, and otherwise its beginning
// and its end. An error begins with the operation, which gets two thirds of the room, and ends
// with the cause, which gets one third.
func shorten(s string, room int) string {
	if encodedLen(s) <= room {
		return s
	}
	room -= len(ellipsis)
	if room <= 0 {
		return ""
	}
	head := clip(s, room*2/3)
	rest := s[len(head):]
	return head + ellipsis + clipStart(rest, room-encodedLen(head))
}

// clip returns the longest beginning of s, whole characters only, whose encoded
// form has at most room bytes.
func clip(s string, room int) string {
	if len(s) <= room && encodedLen(s) <= room {
		return s
	}
	end := 0
	for end < len(s) {
		_, size := utf8.DecodeRuneInString(s[end:])
		if room -= encodedLen(s[end : end+size]); room < 0 {
			break
		}
		end += size
	}
	return s[:end]
}

// short keeps a hostile event from making a log line too long.
func short(s string) string { return clip(s, maxOther) }

// clipStart returns the longest end of s under the same conditions as clip.
func clipStart(s string, room int) string {
	start := len(s)
	for start > 0 {
		_, size := utf8.DecodeLastRuneInString(s[:start])
		if room -= encodedLen(s[start-size : start]); room < 0 {
			break
		}
		start -= size
	}
	return strings.TrimLeft(s[start:], " ")
}
