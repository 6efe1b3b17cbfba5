package customresource

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// usualValidity is for how long CloudFormation signs its response URLs, as far as they say
// so: those of Signature Version 4 have X-Amz-Expires=7200.
const usualValidity = 7200 * time.Second

// longestValidity is what S3 allows at most.
const longestValidity = 7 * 24 * time.Hour

// A validity is what a response URL says of its own time.
type validity struct {
	signed  time.Time // zero where only the end is known
	expires time.Time
}

// validity reads the response URL. It is false for a URL that is not presigned, such as an
// emulator's. Of S3's two ways to sign, version 4 says when it did, in X-Amz-Date
// (20060102T150405Z), and for how long, in X-Amz-Expires (seconds); version 2 says only
// until when, in Expires (seconds since 1970), beside AWSAccessKeyId and Signature.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
func (r Request) validity() (validity, bool) {
	u, err := url.Parse(string(r.ResponseURL))
	if err != nil {
		return validity{}, false
	}
	query := map[string]string{}
	for key, values := range u.Query() {
		query[strings.ToLower(key)] = values[0]
	}
	signed, err := time.Parse("20060102T150405Z", query["x-amz-date"])
	if valid, ok := seconds(query["x-amz-expires"], longestValidity); ok && err == nil {
		return validity{signed, signed.Add(valid)}, true
	}
	end, ok := seconds(query["expires"], math.MaxInt64)
	if !ok || query["awsaccesskeyid"] == "" || query["signature"] == "" {
		return validity{}, false
	}
	return validity{expires: time.Unix(0, 0).Add(end).UTC()}, true
}

// Issued returns when CloudFormation issued the request, to the second, or now where the
// response URL does not say. It is never earlier than CloudFormation's own time: what is older
// than the request is none of its making.
func (r Request) Issued(now time.Time) time.Time {
	if v, ok := r.validity(); ok && !v.signed.IsZero() && v.signed.Before(now) {
		return v.signed
	}
	return now
}

// Age returns how old the request is, 0 where the response URL does not say. Where that says
// only until when it is valid, it is taken to be valid for usualValidity: an assumption, with
// which all that is known of CloudFormation agrees. Were the URL valid for less, the request
// would look older than it is.
func (r Request) Age(now time.Time) time.Duration {
	v, ok := r.validity()
	switch {
	case !ok:
		return 0
	case v.signed.IsZero():
		v.signed = v.expires.Add(-usualValidity)
	}
	return max(0, now.Sub(v.signed))
}

// expired reports whether the response URL was valid once and is not any more.
func (r Request) expired(now time.Time) bool {
	v, ok := r.validity()
	return ok && now.After(v.expires)
}

// seconds returns the time that text counts in whole seconds: from one second to longest.
func seconds(text string, longest time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > int64(longest/time.Second) {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}
