package view

import (
	"strings"
	"testing"
)

// The columns of verdicts.csv are documented as stable: docs/stable.md, docs/changelog.md.
func TestColumnsOfVerdicts(t *testing.T) {
	if got := strings.Join(columns, ","); got != "image,name,verdict,label,score,threshold" {
		t.Errorf("the columns are %s: say so in docs/stable.md and docs/changelog.md", got)
	}
}
