package iamsync

import (
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestInventory_Pace checks that an inventory spaces its calls, retries included, at the given
// rate, and makes them at once without a rate.
// Reference 15.9.
func TestInventory_Pace(t *testing.T) {
	const pause = 200 * time.Millisecond
	role := func(action string) (*http.Response, error) {
		return result(action, "<Role><RoleName>a</RoleName></Role>"), nil
	}
	throttled := fails(400, "Throttling")
	for _, tt := range []struct {
		perSecond int
		getRole   []reply
		calls     int
	}{
		{5, []reply{role}, 9},
		{5, []reply{throttled, throttled, role}, 11},
		{0, []reply{role}, 9},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{"GetRole": tt.getRole}}
			cfg := aws.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: w}, Credentials: aws.AnonymousCredentials{}}
			v := NewInventory(cfg, tt.perSecond, slog.New(slog.DiscardHandler))
			names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
			var listed []Listed
			if err := v.Roles(t.Context(), "/", func(l Listed) { listed = append(listed, l) }); err != nil || len(listed) > 0 {
				t.Errorf("listed %v (error: %v)", listed, err)
			}
			if _, err := v.ReadRoles(t.Context(), names); err != nil {
				t.Error(err)
			}
			if len(w.calls) != tt.calls || v.Calls() != int64(tt.calls) {
				t.Errorf("%d calls were made and %d counted, want %d: %v", len(w.calls), v.Calls(), tt.calls, w.calls)
			}
			apart := time.Hour
			for i := 1; i < len(w.at); i++ {
				apart = min(apart, w.at[i].Sub(w.at[i-1]))
			}
			if paced := tt.perSecond > 0; paced != (apart >= pause) {
				t.Errorf("with a limit of %d a second, two calls are only %s apart", tt.perSecond, apart)
			}
		})
	}
}
