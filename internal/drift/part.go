package drift

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// partsOf returns in how many parts something is looked at that takes so many calls, where a
// look may make so many: 0 for no limit. Whatever turns a schedule takes, each part must have
// its own: a weekly one takes every seventh, so the number is no multiple of seven.
func partsOf(calls, limit int) int {
	if limit <= 0 || calls <= limit {
		return 1
	}
	parts := (calls + limit - 1) / limit
	if parts%7 == 0 {
		parts++
	}
	return parts
}

// partOf returns those of the names, sorted, that are in a part. The head of a set and its
// worker groups are in one part, and stay in it when other sets come and go.
func partOf(sorted []string, part, parts int) []string {
	if parts == 1 {
		return sorted
	}
	var chosen []string
	for _, name := range sorted {
		hash := fnv.New32a()
		hash.Write([]byte(stem(name, sorted))) // never returns an error
		if int(hash.Sum32()%uint32(parts)) == part {
			chosen = append(chosen, name)
		}
	}
	return chosen
}

const headSuffix = "-head"

// stem returns the NamePrefix of the set that a name is probably of: the longest whose head is
// among the names. A worker group without a head has its own.
func stem(name string, sorted []string) string {
	for cut := strings.LastIndex(name, "-"); cut > 0; cut = strings.LastIndex(name[:cut], "-") {
		if _, found := slices.BinarySearch(sorted, name[:cut]+headSuffix); found {
			return name[:cut]
		}
	}
	cut := max(strings.LastIndex(name, "-"), 0)
	return name[:cut]
}

var rate = regexp.MustCompile(`^rate\(([0-9]+) (minute|hour|day)s?\)$`)

// Turn counts the looks that a schedule has asked for, by the time at which it asks for one.
// The expression is EventBridge's: rate(6 hours), or cron(...), which counts days.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
func Turn(expression string, at time.Time) int64 {
	period := 24 * time.Hour
	if m := rate.FindStringSubmatch(strings.TrimSpace(expression)); m != nil {
		unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
		if n, err := strconv.ParseInt(m[1], 10, 32); err == nil && n > 0 {
			period = time.Duration(n) * unit
		}
	}
	return at.Unix() / int64(period/time.Second)
}
