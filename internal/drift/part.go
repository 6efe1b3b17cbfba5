package drift

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// partsOf returns the number of parts for sets that take this many calls, if a look may make
// at most limit calls, or 0 for no limit. Each part must have a turn of its own, and a weekly
// schedule has every seventh turn, so the number is no multiple of seven.
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

// partOf returns the names that are in a part, sorted. The head of a set and its worker groups
// are in one part, and stay in it when other sets come and go.
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

// stem returns the NamePrefix of the set to which a name probably belongs: the longest prefix
// whose head is among the names. A worker group without a head is its own set.
func stem(name string, sorted []string) string {
	for cut := strings.LastIndex(name, "-"); cut > 0; cut = strings.LastIndex(name[:cut], "-") {
		if _, found := slices.BinarySearch(sorted, name[:cut]+headSuffix); found {
			return name[:cut]
		}
	}
	cut := max(strings.LastIndex(name, "-"), 0)
	return name[:cut]
}

var (
	rate = regexp.MustCompile(`^rate\(([0-9]+) (minute|hour|day)s?\)$`)

	// daily matches a cron with one time on each day, or on one day of each week. The fields
	// are minute, hour, day of the month, month, day of the week and year.
	daily = regexp.MustCompile(`^cron\([0-9]+ [0-9]+ ([*?] \* [*?]|[*?] \* ([1-7]|[A-Z]{3})) \*\)$`)
)

// Turn counts the looks that a schedule has asked for, by the time at which it asks for one.
// The expression is EventBridge's: rate(6 hours), or cron(...) of one time a day or a week,
// which counts days. Any other cron has periods of different lengths, or several looks a day,
// so that a count could stay in step with the parts and always miss one. For such a cron, the
// turn is a hash of the time, to the minute.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
func Turn(expression string, at time.Time) int64 {
	expression, period := strings.TrimSpace(expression), 24*time.Hour
	if strings.HasPrefix(expression, "cron") && !daily.MatchString(expression) {
		hash := fnv.New64a()
		hash.Write([]byte(at.UTC().Format("2006-01-02T15:04"))) // never returns an error
		return int64(hash.Sum64() >> 1)
	}
	if m := rate.FindStringSubmatch(expression); m != nil {
		unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
		if n, err := strconv.ParseInt(m[1], 10, 32); err == nil && n > 0 {
			period = time.Duration(n) * unit
		}
	}
	return at.Unix() / int64(period/time.Second)
}
