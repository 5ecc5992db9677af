package main

import (
	"context"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"musc/bench/present"
	"musc/cgo/cpu"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

func TestEveryLevelIsComparedWithTheDefinition(t *testing.T) {
	images := features.NewMemory(features.Shape{Stages: 1, Images: 5, Height: 3, Width: 4, Channels: 33})
	for i := range 5 {
		for k, tokens := 0, images.Tokens(0, i); k < len(tokens); k++ {
			tokens[k] = float32(math.Sin(float64(k*k%97 + 7*i)))
		}
	}
	problem := &mutual.Problem{Images: images, Degrees: []int{1, 3}, Interval: mutual.Interval{High: 0.3}}
	want, err := define(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := mutual.Definition{}.PatchScores(context.Background(), problem)
	if err != nil || !slices.Equal(want, whole) {
		t.Errorf("the parts %v are not the whole %v, %v", want, whole, err)
	}
	before := cpu.Level()
	table := present.Table{Title: "photos", Head: []string{"level", "largest", "mean", "order"}}
	if err := compare(context.Background(), problem, &table); err != nil {
		t.Fatal(err)
	}
	if cpu.Level() != before {
		t.Errorf("level %s is in use, before it was %s", cpu.Level(), before)
	}
	var text strings.Builder
	table.Write(&text)
	for _, level := range cpu.Levels() {
		_, after, _ := strings.Cut(text.String(), "| "+level+" ")
		cells := strings.Split(after, "|")
		largest, err := strconv.ParseFloat(strings.TrimSpace(cells[min(1, len(cells)-1)]), 64)
		if err != nil || !(largest < 4e-6) {
			t.Errorf("%s: %v, %v in\n%s", level, largest, err, text.String())
		}
	}
}

func TestDifferencesAndOrder(t *testing.T) {
	largest, mean := differences([]float64{1, 2, 4, 8}, []float64{1, 2.5, 4, 7})
	if largest != 1 || mean != 0.375 {
		t.Errorf("%g, %g", largest, mean)
	}
	if got := photoScores([]float64{1, 3, 2, 0, 5, 4}, 2); !slices.Equal(got, []float64{3, 2, 5}) {
		t.Errorf("%v", got)
	}
	if got := displaced([]float64{1, 3, 2, 9}, []float64{1, 2, 3, 9}); got != 2 {
		t.Errorf("%d photos", got)
	}
	if got := displaced([]float64{1, 1, 2}, []float64{1, 1.5, 2}); got != 0 {
		t.Errorf("%d photos", got)
	}
}

func TestArgumentsAreExplained(t *testing.T) {
	for _, args := range [][]string{nil, {"washers"}, {"washers=" + t.TempDir()}} {
		if err := run(context.Background(), io.Discard, args, 16); fault.KindOf(err) == fault.Internal || err == nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}
