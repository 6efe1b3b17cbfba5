package drift

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestPartsOf checks the number of parts into which the sets are divided.
func TestPartsOf(t *testing.T) {
	for _, tt := range [][3]int{{1000, 0, 1}, {0, 10, 1}, {10, 10, 1}, {11, 10, 2}, {100, 10, 10}, {65, 10, 8}, {135, 10, 15}} {
		if got := partsOf(tt[0], tt[1]); got != tt[2] {
			t.Errorf("partsOf(%d, %d) = %d, want %d", tt[0], tt[1], got, tt[2])
		}
	}
}

// TestPartOf checks that each name is in one part, together with the head of its set, and that
// it stays in this part when other sets are added.
// Reference 15.9.
func TestPartOf(t *testing.T) {
	var sorted []string
	for i := range 200 {
		for _, group := range []string{"head", "worker", "gpu-large"} {
			sorted = append(sorted, fmt.Sprintf("ray-%d-%s", i, group))
		}
	}
	slices.Sort(sorted)
	more := slices.Sorted(slices.Values(append(slices.Clone(sorted), "ray-new-head", "ray-new-worker")))
	const parts = 5
	seen := map[string]int{}
	for part := range parts {
		own := partOf(sorted, part, parts)
		for _, name := range own {
			seen[name]++
			if head := stem(name, sorted) + headSuffix; !slices.Contains(own, head) {
				t.Errorf("%s is in part %d without its head %s", name, part, head)
			}
			if !slices.Contains(partOf(more, part, parts), name) {
				t.Errorf("%s has left part %d for another set", name, part)
			}
		}
		if len(own) < len(sorted)/parts/3 || !slices.IsSorted(own) {
			t.Errorf("part %d has %d of %d names, want about the same number in each part", part, len(own), len(sorted))
		}
	}
	for _, name := range sorted {
		if seen[name] != 1 {
			t.Errorf("%s is in %d parts, want one", name, seen[name])
		}
	}
}

// TestStem checks to which set a name is assigned.
func TestStem(t *testing.T) {
	sorted := []string{"ray-a-b-head", "ray-a-head", "ray-head"}
	for name, want := range map[string]string{
		"ray-a-b-worker": "ray-a-b", "ray-a-worker": "ray-a", "ray-gpu-large": "ray", "ray-head": "ray", "other-gpu-large": "other-gpu", "nothing": "",
	} {
		if got := stem(name, sorted); got != want {
			t.Errorf("stem(%s) = %q, want %q", name, got, want)
		}
	}
}

// TestTurn_MeetsEveryPart checks, for schedules of many kinds and any number of sets, that as
// many looks as there are parts examine each part.
// Reference 15.9.
func TestTurn_MeetsEveryPart(t *testing.T) {
	const day = 24 * time.Hour
	for expression, period := range map[string]time.Duration{
		"rate(5 minutes)": 5 * time.Minute, "rate(1 hour)": time.Hour, "rate(7 hours)": 7 * time.Hour, "rate(1 day)": day, "rate(7 days)": 7 * day,
		"cron(0 3 * * ? *)": day, "cron(0 3 ? * SUN *)": 7 * day,
	} {
		for sets := 1; sets < 60; sets++ {
			parts := partsOf(sets, 1)
			seen := map[int64]bool{}
			for i := range parts {
				at := time.Date(2026, 3, 1, 3, 0, 20, 0, time.UTC).Add(time.Duration(i) * period)
				seen[Turn(expression, at)%int64(parts)] = true
			}
			if len(seen) != parts {
				t.Errorf("with the schedule %s, %d of %d parts are examined, want all", expression, len(seen), parts)
			}
		}
	}
}

// TestTurn_ByLot checks, for schedules whose periods are of different lengths or several a day,
// that no part is missed for long: a few times as many looks as there are parts examine each
// part.
// Reference 15.9.
func TestTurn_ByLot(t *testing.T) {
	begin := time.Date(2026, 3, 1, 3, 0, 20, 0, time.UTC)
	for expression, asks := range map[string]func(time.Time) bool{
		"cron(0 3 */2 * ? *)":       func(at time.Time) bool { return at.Hour() == 3 && at.Day()%2 == 1 },
		"cron(0 3 ? * MON,WED *)":   func(at time.Time) bool { return at.Hour() == 3 && (at.Weekday() == 1 || at.Weekday() == 3) },
		"cron(0 0/6 * * ? *)":       func(at time.Time) bool { return at.Hour()%6 == 0 },
		"cron(0 3 1 * ? *)":         func(at time.Time) bool { return at.Hour() == 3 && at.Day() == 1 },
		"cron(0 3 ? * 2#1 *)":       func(at time.Time) bool { return at.Hour() == 3 && at.Weekday() == 1 && at.Day() <= 7 },
		"cron(0 3 * 1,3,5,7 ? *)":   func(at time.Time) bool { return at.Hour() == 3 && at.Month() < 8 && at.Month()%2 == 1 },
		"cron(0 3 * * ? 2026-2046)": func(at time.Time) bool { return at.Hour() == 3 },
	} {
		for _, parts := range []int{2, 4, 5, 8} {
			seen, looks := map[int64]bool{}, 0
			for at := begin; len(seen) < parts && looks < 10*parts; at = at.Add(time.Hour) {
				if asks(at) {
					seen[Turn(expression, at)%int64(parts)] = true
					looks++
				}
			}
			if len(seen) < parts {
				t.Errorf("with the schedule %s, %d of %d parts are examined in %d looks, want all", expression, len(seen), parts, looks)
			}
		}
	}
	if retried := begin.Add(20 * time.Second); Turn("cron(0 3 */2 * ? *)", begin) != Turn("cron(0 3 */2 * ? *)", retried) {
		t.Error("one look has two different turns, want the same")
	}
}
