package customresource

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// The times of delivery. S3 accepts an answer in well under a second.
const (
	putTimeout = 5 * time.Second
	putWaitMin = 100 * time.Millisecond
	putWaitMax = 3 * time.Second
)

// put sends body to the response URL. It retries network errors, 429 and 5xx until ctx ends,
// and no other response: if S3 has refused a presigned URL with 403, it will refuse it again.
// The error has the last response, without the URL.
func put(ctx context.Context, transport http.RoundTripper, to Secret, body []byte) error {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPut, string(to), body)
	if err != nil {
		return fmt.Errorf("delivering the answer: %w", withoutURL(err))
	}
	// The URL is signed for an empty Content-Type. S3 answers 403 to any other Content-Type.
	req.Header["Content-Type"] = []string{""}
	last := errors.New("no response")
	client := &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     transport,
			Timeout:       putTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:     math.MaxInt32,
		RetryWaitMin: putWaitMin,
		RetryWaitMax: putWaitMax,
		// Without the response, so that no Retry-After can outlast the deadline.
		Backoff: func(lo, hi time.Duration, attempt int, _ *http.Response) time.Duration {
			return retryablehttp.DefaultBackoff(lo, hi, attempt, nil)
		},
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			last = deliveryError(resp, err)
			temporary := err != nil || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500
			return temporary && ctx.Err() == nil, ctx.Err()
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	if last != nil {
		return fmt.Errorf("delivering the answer: %w", last)
	}
	return nil
}

// deliveryError returns nil if the response accepts the answer.
func deliveryError(resp *http.Response, err error) error {
	switch {
	case err != nil:
		return withoutURL(err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return fmt.Errorf("the response URL answered %s", resp.Status)
	}
	return nil
}

// withoutURL unwraps net/url's error, whose text contains the whole URL.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}
