package health

import (
	"fmt"
	"strings"

	"musc/engine/plain"
)

const (
	namesTold  = 4 // photos that a line names of a group
	groupsTold = 3 // groups that a line names
)

// names are the first few photos, and how many more there are.
func (b *Batch) names(photos []int) string {
	var told []string
	for _, photo := range photos[:min(len(photos), namesTold)] {
		told = append(told, plain.InSentence(b.Photos[photo].Name))
	}
	if more := len(photos) - namesTold; more > 0 {
		told = append(told, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(told, ", ")
}

// groups are the names of the first few groups, and how many more there are.
func (b *Batch) groups(groups [][]int) string {
	var told []string
	for _, group := range groups[:min(len(groups), groupsTold)] {
		told = append(told, b.names(group))
	}
	if more := len(groups) - groupsTold; more > 0 {
		told = append(told, fmt.Sprintf("and %s more", count(more, "group")))
	}
	return strings.Join(told, "; ")
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// members counts the photos of all groups.
func members(groups [][]int) (photos int) {
	for _, group := range groups {
		photos += len(group)
	}
	return photos
}
