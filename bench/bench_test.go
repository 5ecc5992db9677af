package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// tiny is a plan of all groups that takes a moment.
func tiny() plan {
	small := shape{"tiny", 3, 4, 20, []int{1, 3}}
	few := limits{least: 2, most: 2}
	const cost = time.Minute
	return plan{
		quick: true, total: 10 * time.Hour, threads: 2, photos: "no/such/folder", kernelShapes: []shape{small},
		kernels: few, scorers: []sized{{small, 3, cost}}, scoring: few, growing: small,
		imageCounts: []count{{2, cost}, {5, cost}}, memoryCounts: []int{2, 4}, threading: sized{small, 3, cost},
		scaling: few, memoryMethods: []string{"published"}, steps: few,
	}
}

func TestRunWithoutPeers(t *testing.T) {
	t.Setenv("MUSC_CACHE", t.TempDir())
	p := tiny()
	p.peers = true
	var told strings.Builder
	r, err := p.measure(t.Context(), &told)
	if err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]int{groupKernels: 1, groupScorers: 1, groupImages: 2,
		groupMemory: 2, groupThreads: 2, groupSteps: 0} {
		if got := len(r.in(group)); got != want {
			t.Errorf("%d rows of %s, want %d", got, group, want)
		}
	}
	for _, row := range r.Rows {
		for _, c := range row.Cases {
			rounds := 2
			if row.Group == groupMemory {
				rounds = 1
			}
			if len(c.Samples) != rounds || slices.Min(c.Samples) <= 0 {
				t.Errorf("%s, %s: samples %v", row.key(), c.Name, c.Samples)
			}
		}
	}
	contains(t, strings.Join(r.Notes, "\n"), "make bench-peers", "no photos")
	contains(t, told.String(), "mutual scoring: tiny, 12 x 20, 3 images, 2 threads")
	for _, g := range r.goals() {
		if g.verdict() != "not measured" && g.want > 0 {
			t.Errorf("%s: %s from a tiny shape", g.text, g.verdict())
		}
	}
}

// runWith measures the scorers of the tiny plan beside peers that the test binary plays.
func runWith(t *testing.T, manner string) *Result {
	t.Helper()
	b := &bench{plan: tiny(), begun: time.Now(), result: newResult(true), scratch: t.TempDir(),
		server: fakePeers(t, manner), say: t.Logf}
	if err := b.runAll(t.Context(), b.scorerTasks()); err != nil {
		t.Fatal(err)
	}
	return b.result
}

func TestRunWithPeers(t *testing.T) {
	r := runWith(t, "well")
	row := r.Rows[0]
	if published := row.find(casePublished); published == nil || len(published.Samples) != 2 ||
		published.Samples[0] != 0.125 {
		t.Errorf("published: %+v", row.Cases)
	}
	if row.find(caseMatmul) != nil {
		t.Error("a method that failed has no samples")
	}
	contains(t, strings.Join(r.Notes, "\n"), caseMatmul+" left out", "no matmul today")
	if len(r.Agreements) != 1 || !r.differs(&row, casePublished) {
		t.Errorf("scores of 0.5 are none of ours: %+v", r.Agreements)
	}
}

func TestRunGoesOnWithoutPeersThatDie(t *testing.T) {
	for _, manner := range []string{"dies", "rubbish"} {
		r := runWith(t, manner)
		if row := r.Rows[0]; len(row.Cases) != 1 || row.Cases[0].Name != caseMusc {
			t.Errorf("%s: %+v", manner, row.Cases)
		}
		contains(t, strings.Join(r.Notes, "\n"), casePublished+" left out")
	}
}

func TestAlternateTakesTurns(t *testing.T) {
	var order []string
	contenderOf := func(name string) contender {
		return contender{name, 0, func(context.Context) (float64, error) {
			order = append(order, name)
			if name == "c" && len(order) > 5 {
				return 0, errors.New("broke down")
			}
			return 1, nil
		}}
	}
	failed := ""
	row, err := alternate(t.Context(), Row{}, []contender{contenderOf("a"), contenderOf("b"),
		contenderOf("c")}, limits{least: 3, most: 3}, func(name string, _ error) { failed = name })
	if err != nil {
		t.Fatal(err)
	}
	// A round to warm up, then three that each begin with another one; c breaks down in the third.
	if got := strings.Join(order, ""); got != "abc"+"bca"+"cab"[:1]+"ab"+"ab" {
		t.Errorf("order %s", got)
	}
	if failed != "c" || row.find("c") != nil || len(row.find("a").Samples) != 3 ||
		len(row.Pulse) != 3 {
		t.Errorf("failed %q, row %+v", failed, row)
	}
}

// Of a brief contender the second of two runs counts, in every round; a long one runs once.
func TestBriefRunsAreTakenTwice(t *testing.T) {
	runs := map[string]int{}
	takes := func(name string, first, second float64) contender {
		return contender{name, 0, func(context.Context) (float64, error) {
			if runs[name]++; runs[name]%2 == 1 {
				return first, nil
			}
			return second, nil
		}}
	}
	row, err := alternate(t.Context(), Row{}, []contender{takes("brief", 0.5, 0.25), takes("long", 2, 2)},
		limits{least: 3, most: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if runs["brief"] != 8 || runs["long"] != 4 || !slices.Equal(row.find("brief").Samples,
		[]float64{0.25, 0.25, 0.25}) {
		t.Errorf("%v runs, samples %v", runs, row.find("brief").Samples)
	}
	// Steps of a run are kept by run: there has to be one a sample, and one that warmed up.
	within := fullPlan().whole
	within.least, within.most, within.budget = 3, 3, 0
	clear(runs)
	if _, err := alternate(t.Context(), Row{}, []contender{takes("brief", 0.5, 0.25)}, within, nil); err != nil {
		t.Fatal(err)
	}
	if runs["brief"] != 4 {
		t.Errorf("%d runs of photos to scores for 3 samples", runs["brief"])
	}
}

func TestAlternateKeepsToItsBudget(t *testing.T) {
	rounds := 0
	slow := contender{"slow", 0, func(context.Context) (float64, error) {
		rounds++
		time.Sleep(20 * time.Millisecond)
		return 1, nil
	}}
	within := limits{least: 1, most: 1000, budget: 100 * time.Millisecond}
	if _, err := alternate(t.Context(), Row{}, []contender{slow}, within, nil); err != nil {
		t.Fatal(err)
	}
	if rounds < 2 || rounds > 4 { // one to warm up and one at least; each takes 50 ms or more
		t.Errorf("%d rounds", rounds)
	}
}

func TestRowsEndBeforeTheLeastRoundsWhereThoseTakeSeveralBudgets(t *testing.T) {
	for _, c := range []struct {
		rounds int
		spent  time.Duration
		over   bool
	}{
		{0, time.Hour, false}, {1, 39 * time.Second, false}, {1, 41 * time.Second, true},
		{3, 11 * time.Second, false}, {4, 11 * time.Second, true}, {4, 9 * time.Second, false},
	} {
		within := limits{least: 4, most: 9, budget: 10 * time.Second}
		if got := within.over(c.rounds, c.spent); got != c.over {
			t.Errorf("%d rounds, %v: %v", c.rounds, c.spent, got)
		}
	}
}

// What was too slow once is left out, with a note, of every row with as much work.
func TestSlowCaseIsDroppedAndSaid(t *testing.T) {
	b := &bench{result: newResult(true), say: t.Logf}
	runs := 0
	row := func(work float64) Row {
		t.Helper()
		slow := contender{"slow", work, func(ctx context.Context) (float64, error) {
			runs++
			<-ctx.Done()
			return 0, ctx.Err()
		}}
		quick := contender{"quick", work, func(context.Context) (float64, error) { return 1, nil }}
		row, err := b.alternate(t.Context(), Row{Shape: "s"}, []contender{slow, quick},
			limits{least: 2, most: 2, each: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	for _, work := range []float64{100, 100, 200, 50} {
		if r := row(work); r.find("slow") != nil || len(r.find("quick").Samples) != 2 {
			t.Errorf("work %v: %+v", work, r.Cases)
		}
	}
	if runs != 2 { // of the works 100 and 50
		t.Errorf("the slow case ran %d times", runs)
	}
	contains(t, strings.Join(b.result.Notes, "\n"), "slow left out, s: it takes longer than 10ms",
		"slow left out, s: it was too slow before")
}

func TestSyntheticTokensDoNotDependOnTheirNumber(t *testing.T) {
	few, _, _ := alike(shape{"", 2, 3, 9, []int{1}})
	again, other, centre := alike(shape{"", 2, 3, 9, []int{1}})
	if !slices.Equal(few, again) || slices.Equal(again, other) {
		t.Error("the same image must be the same, another one different")
	}
	loud := slices.Index(centre, slices.Max(centre))
	if loud != 9/loudPosition {
		t.Errorf("the loud channel is %d", loud)
	}
}

func TestOthersAreSeen(t *testing.T) {
	if busySeconds() == 0 {
		t.Skip("this system does not tell how busy it is")
	}
	own, begun := processSeconds("self"), time.Now()
	for processSeconds("self")-own < 0.05 { // on a busy machine this takes longer
		if takePulse(); time.Since(begun) > time.Minute {
			t.Fatal("a minute of work counts as nothing")
		}
	}
	if spent := processSeconds("self") - own; spent > 1.5*float64(runtime.NumCPU())*
		time.Since(begun).Seconds() {
		t.Errorf("%v s of work in %v", spent, time.Since(begun))
	}
	r := &Result{Rows: []Row{{Group: "g", Shape: "s", Others: 0.7}, {Others: 0.01}}}
	if got := r.disturbances(); len(got) != 1 || !strings.Contains(got[0], "0.7 cores") {
		t.Errorf("%q", got)
	}
}
