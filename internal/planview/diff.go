package planview

// A line is one line of a difference.
type line struct {
	sign rune // ' ' in both, '+' only after, '-' only before, '…' for omitted lines in both
	text string
}

// around is how many unchanged lines are shown around changed lines.
const around = 3

// diff returns the lines of a difference from before to after, with the longest common
// subsequence as unchanged lines. A document has at most the 10,240 characters that IAM
// allows, so a table of all pairs is small.
func diff(before, after []string) []line {
	common := make([][]int, len(before)+1)
	for i := range common {
		common[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var all []line
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			all = append(all, line{' ', before[i]})
			i, j = i+1, j+1
		case i < len(before) && (j == len(after) || common[i+1][j] >= common[i][j+1]):
			all = append(all, line{'-', before[i]})
			i++
		default:
			all = append(all, line{'+', after[j]})
			j++
		}
	}
	return shortened(all)
}

// shortened leaves out unchanged lines, except those around a change.
func shortened(all []line) []line {
	near := make([]bool, len(all))
	for i, l := range all {
		if l.sign != ' ' {
			for k := max(0, i-around); k <= min(len(all)-1, i+around); k++ {
				near[k] = true
			}
		}
	}
	var short []line
	for i, l := range all {
		switch {
		case near[i]:
			short = append(short, l)
		case i == 0 || near[i-1]:
			short = append(short, line{'…', ""})
		}
	}
	return short
}
