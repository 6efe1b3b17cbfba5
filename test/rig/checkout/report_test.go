package checkout

import "testing"

// TestAtLeast proves that a proof fails if its report says less than its row, or something
// else.
func TestAtLeast(t *testing.T) {
	const document = "# Title\n\n| report | at least |\n|---|---|\n| `a` | 12 of 12 hold |\n| `ab` | 3 calls in 2 forms |\n"
	for _, tt := range []struct {
		name, report, text string
		ok                 bool
	}{
		{"as many", "a", "so: 12 of 12 hold, in 3s", true},
		{"more", "a", "13 of 13 hold", true},
		{"one less", "a", "11 of 12 hold", false},
		{"more of one, less of another", "ab", "4 calls in 1 forms", false},
		{"other words", "ab", "3 calls, 2 forms", false},
		{"no row", "b", "12 of 12 hold", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := atLeast(document, tt.report, tt.text); (err == nil) != tt.ok {
				t.Errorf("got the error %v, want none: %t", err, tt.ok)
			}
		})
	}
}
