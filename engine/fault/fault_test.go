package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestKindIsThatOfTheOutermostFault(t *testing.T) {
	inner := New(Output, "cannot write %s: %w", "a.csv", fs.ErrPermission)
	for name, c := range map[string]struct {
		err  error
		want Kind
	}{
		"none":            {nil, Internal},
		"without a kind":  {errors.New("unexpected"), Internal},
		"itself":          {inner, Output},
		"wrapped":         {fmt.Errorf("image 3: %w", inner), Output},
		"among others":    {errors.Join(fs.ErrExist, inner), Output},
		"of another kind": {New(Usage, "saving: %w", inner), Usage},
	} {
		if got := KindOf(c.err); got != c.want {
			t.Errorf("%s: kind %v, want %v", name, got, c.want)
		}
	}
}

func TestTextAndCauseAreThoseOfErrorf(t *testing.T) {
	err := New(Input, "cannot read %s: %w", "a.png", fs.ErrNotExist)
	if want := "cannot read a.png: file does not exist"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
}
