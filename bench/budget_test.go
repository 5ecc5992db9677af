package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// budgeted is a bench with that much time, whose peers are none.
func budgeted(t *testing.T, total time.Duration) *bench {
	return &bench{plan: plan{total: total}, begun: time.Now(), result: newResult(true), say: t.Logf}
}

func TestTasksShareWhatIsLeftByTheirCosts(t *testing.T) {
	within := limits{least: 4, most: 9, budget: 10 * time.Second, each: 30 * time.Second}
	tasks := []task{{cost: 20 * time.Second, within: within}, {cost: 60 * time.Second}}
	for _, c := range []struct {
		left, whole, budget, each time.Duration
	}{
		{120 * time.Second, 30 * time.Second, 10 * time.Second, 10 * time.Second},
		{48 * time.Second, 12 * time.Second, 6 * time.Second, 4 * time.Second},
		// More time than planned is none that is used up, but a slow case may take it.
		{640 * time.Second, 160 * time.Second, 10 * time.Second, 30 * time.Second},
	} {
		got := tasks[0].allotted(shareOf(tasks, c.left))
		if got.least != 4 || got.most != 9 || got.budget != c.budget || got.each != c.each {
			t.Errorf("of %v: %+v", c.left, got)
		}
		if left := time.Until(got.end); left > c.whole || left < c.whole/2 {
			t.Errorf("of %v: it ends in %v, want %v", c.left, left, c.whole)
		}
	}
}

// Everything hangs that can, and the run still ends, with what was quick measured and the rest noted.
func TestRunEndsWhateverHangs(t *testing.T) {
	b := budgeted(t, time.Second)
	var tasks []task
	for _, name := range []string{"first", "second", "third"} {
		hangs := contender{name + " hangs", 1, func(ctx context.Context) (float64, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}}
		quick := contender{name, 1, func(context.Context) (float64, error) { return 1, nil }}
		within := limits{least: 1, most: 1, each: time.Hour}
		tasks = append(tasks, task{name: name, cost: time.Second, within: within,
			run: func(ctx context.Context, within limits) error {
				row, err := b.alternate(ctx, Row{Group: name}, []contender{quick, hangs}, within)
				b.result.Rows = append(b.result.Rows, row)
				return err
			}})
	}
	if err := b.runAll(t.Context(), tasks); err != nil {
		t.Fatal(err)
	}
	for _, row := range b.result.Rows {
		if len(row.Cases) != 1 || row.Cases[0].Name != row.Group {
			t.Errorf("%s: %+v", row.Group, row.Cases)
		}
	}
	contains(t, strings.Join(b.result.Notes, "\n"), "first hangs left out", "it takes longer than")
}

func TestTasksForWhichNoTimeIsLeftAreLeftOut(t *testing.T) {
	b := budgeted(t, 50*time.Millisecond)
	ran := ""
	of := func(name string, takes time.Duration) task {
		return task{name: name, cost: 10 * time.Millisecond, run: func(context.Context, limits) error {
			ran += name
			time.Sleep(takes)
			return nil
		}}
	}
	err := b.runAll(t.Context(), []task{of("a", 100*time.Millisecond), of("b", 0), of("c", 0)})
	if err != nil {
		t.Fatal(err)
	}
	if ran != "a" {
		t.Errorf("ran %s", ran)
	}
	contains(t, strings.Join(b.result.Notes, "\n"), "b left out: no time was left for it",
		"c left out: no time was left for it")
}

// A row has one round at least, though it had no time for more than the one that warms up.
func TestRowWithoutTimeKeepsTheRoundThatWarmsUp(t *testing.T) {
	calls := 0
	stops := contender{"stops", 0, func(ctx context.Context) (float64, error) {
		if calls++; calls == 1 {
			return 2, nil
		}
		<-ctx.Done()
		return 0, ctx.Err()
	}}
	quick := contender{"quick", 0, func(context.Context) (float64, error) { return 1, nil }}
	within := limits{least: 4, most: 9, end: time.Now().Add(300 * time.Millisecond)}
	row, err := alternate(t.Context(), Row{}, []contender{quick, stops}, within, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !row.Cold || len(row.Pulse) != 1 {
		t.Errorf("%+v", row)
	}
	for _, name := range []string{"quick", "stops"} {
		if c := row.find(name); c == nil || len(c.Samples) != 1 {
			t.Errorf("%s: %+v", name, row.Cases)
		}
	}
}

// What the end of a row cuts off was not too slow, and is tried again in the next one.
func TestCaseCutOffByTheEndOfItsRowIsTriedAgain(t *testing.T) {
	b := budgeted(t, time.Hour)
	runs := 0
	slow := contender{"slow", 7, func(ctx context.Context) (float64, error) {
		runs++
		<-ctx.Done()
		return 0, ctx.Err()
	}}
	for range 2 {
		within := limits{least: 1, most: 1, each: time.Hour,
			end: time.Now().Add(20 * time.Millisecond)}
		row, err := b.alternate(t.Context(), Row{Shape: "s"}, []contender{slow}, within)
		if err != nil || len(row.Cases) > 0 {
			t.Errorf("%+v, %v", row, err)
		}
	}
	if runs != 2 {
		t.Errorf("%d runs", runs)
	}
	contains(t, strings.Join(b.result.Notes, "\n"), "slow left out, s: no time was left for it")
}
