package customresource

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// usualValidity is for how long CloudFormation's response URLs are valid, as far as known:
// URLs of Signature Version 4 have X-Amz-Expires=7200.
const usualValidity = 7200 * time.Second

// longestValidity is the longest validity that S3 allows.
const longestValidity = 7 * 24 * time.Hour

// A validity is what a response URL says about when it is valid.
type validity struct {
	signed  time.Time // zero if only the end is known
	expires time.Time
}

// validity reads the response URL. It returns false for a URL that is not presigned, such as an
// emulator's. S3 signs in two ways. With version 4, the URL says when it was signed, in
// X-Amz-Date (20060102T150405Z), and for how long it is valid, in X-Amz-Expires (seconds). With
// version 2, it says only until when it is valid, in Expires (seconds since 1970), next to
// AWSAccessKeyId and Signature.
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

// Issued returns when CloudFormation issued the request, to the second, or now if the response
// URL does not say. It is never earlier than the true time, so a role that is older than that
// was not made by the request.
func (r Request) Issued(now time.Time) time.Time {
	if v, ok := r.validity(); ok && !v.signed.IsZero() && v.signed.Before(now) {
		return v.signed
	}
	return now
}

// Age returns how old the request is, or 0 if the response URL does not say. If the URL says
// only until when it is valid, Age assumes that it is valid for usualValidity, which agrees
// with everything known about CloudFormation. If the URL were valid for less, the request would
// look older than it is.
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

// expired reports whether the response URL is no longer valid.
func (r Request) expired(now time.Time) bool {
	v, ok := r.validity()
	return ok && now.After(v.expires)
}

// seconds reads a time in whole seconds, from one second to longest.
func seconds(text string, longest time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > int64(longest/time.Second) {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}
