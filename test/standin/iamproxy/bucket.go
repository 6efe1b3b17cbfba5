package iamproxy

import (
	"net/http"
	"time"
)

// Bucket throttles calls with a token bucket, which AWS documents for EC2: burst calls at
// once, and then rate calls a second. IAM's limits are not published.
//
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
func Bucket(rate, burst float64) Fault {
	tokens, at := burst, time.Now()
	return func(Call) Effect {
		now := time.Now()
		tokens = min(burst, tokens+now.Sub(at).Seconds()*rate)
		at = now
		if tokens < 1 {
			return Throttled()
		}
		tokens--
		return Effect{}
	}
}

// Buckets throttles with one Bucket for each action.
func Buckets(rate, burst float64) Fault {
	buckets := map[string]Fault{}
	return func(c Call) Effect {
		if buckets[c.Action] == nil {
			buckets[c.Action] = Bucket(rate, burst)
		}
		return buckets[c.Action](c)
	}
}

// Throttled answers IAM's error for too many calls.
func Throttled() Effect { return Answer(http.StatusBadRequest, "Throttling") }

// ThrottledOf returns how many of the calls were throttled, and how many were not.
func ThrottledOf(calls []Call) (throttled, served int) {
	for _, c := range calls {
		if c.Status == 0 || c.Code == "Throttling" {
			throttled++
		} else {
			served++
		}
	}
	return throttled, served
}
