package tasks

import (
	"strconv"
	"strings"
)

// Expression writes numbers, ascending, as schedulers take the tasks of a job array: 0-3,17,40-99.
func Expression(numbers []int) string {
	var text strings.Builder
	for first := 0; first < len(numbers); {
		last := first
		for last+1 < len(numbers) && numbers[last+1] == numbers[last]+1 {
			last++
		}
		if text.Len() > 0 {
			text.WriteByte(',')
		}
		text.WriteString(strconv.Itoa(numbers[first]))
		switch {
		case last == first+1:
			text.WriteString("," + strconv.Itoa(numbers[last]))
		case last > first:
			text.WriteString("-" + strconv.Itoa(numbers[last]))
		}
		first = last + 1
	}
	return text.String()
}
