package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"musc/engine/features"
	"musc/engine/mutual"
	"musc/engine/npy"
)

// interval is the paper's: the smallest 30 % of the distances.
var interval = mutual.Interval{Low: 0, High: 0.3}

// scorerRow times mutual scoring as a whole, from raw patch tokens in memory to patch scores: musc
// and the named methods of the peers, on the same tokens. In the group of the goals it also checks
// that all of them computed the same.
func (b *bench) scorerRow(ctx context.Context, group string, s shape, images, threads int,
	methods []string, within limits) error {

	store := features.NewMemory(s.tokensOf(images))
	defer store.Close()
	fillTokens(store)
	tokens := filepath.Join(b.scratch, fmt.Sprintf("tokens-%dx%d-%d.npy", s.patches(), s.channels,
		images))
	if b.server != nil {
		if err := saveTokens(tokens, store); err != nil {
			return err
		}
	}

	// What Eq. 1 counts: every patch of an image by every patch of every other one.
	work := 2 * float64(images) * float64(images-1) * float64(len(s.degrees)) *
		float64(s.patches()) * float64(s.patches()) * float64(s.channels)
	var scores []float64
	var broken error // not for lack of time
	contenders := []contender{timed(caseMusc, work, func(ctx context.Context) (err error) {
		scores, err = mutual.CPU{Threads: threads}.PatchScores(ctx, &mutual.Problem{
			Images: store, Degrees: s.degrees, Interval: interval})
		if err != nil && ctx.Err() == nil {
			broken = err
		}
		return err
	})}
	for _, method := range methods {
		if b.server.offers(method) {
			contenders = append(contenders, b.server.contender(peerNames[method], work, request{
				Method: method, Tokens: tokens, Height: s.height, Width: s.width,
				Degrees: s.degrees, High: interval.High, Threads: threads,
				Scores: b.answerFile(method)}))
		}
	}
	row := Row{Group: group, Shape: s.String(), Images: images, Threads: threads}
	row, err := b.alternate(ctx, row, contenders, within)
	if err != nil {
		return err
	}
	if row.find(caseMusc) == nil {
		if broken != nil {
			return fmt.Errorf("mutual scoring failed: %w", broken)
		}
		return nil // too slow: noted, and there is nothing to compare with
	}
	b.result.Rows = append(b.result.Rows, row)
	if group != groupScorers {
		return nil
	}
	for _, method := range methods {
		if row.find(peerNames[method]) == nil {
			continue
		}
		agreement, err := compareScores(b.answerFile(method), scores)
		if err != nil {
			return err
		}
		agreement.Shape, agreement.Images, agreement.Case = s.String(), images, peerNames[method]
		b.result.Agreements = append(b.result.Agreements, agreement)
	}
	return nil
}

// answerFile is where the peers put the patch scores of a method.
func (b *bench) answerFile(method string) string {
	return filepath.Join(b.scratch, "scores "+method+".npy")
}

// saveTokens writes a store as [stages, images, patches, channels].
func saveTokens(path string, store *features.Store) error {
	s := store.Shape()
	all := make([]float32, 0, s.Bytes()/4)
	for stage := range s.Stages {
		for image := range s.Images {
			all = append(all, store.Tokens(stage, image)...)
		}
	}
	return npy.Write(path, []int{s.Stages, s.Images, s.Patches(), s.Channels}, all)
}

// compareScores measures how far a file of patch scores is from ours, [N,P].
func compareScores(path string, ours []float64) (Agreement, error) {
	theirs, shape, err := npy.Load(path)
	if err != nil {
		return Agreement{}, err
	}
	if len(theirs) != len(ours) {
		return Agreement{}, fmt.Errorf("the peers scored %v patches, musc %d", shape, len(ours))
	}
	return differences(ours, theirs), nil
}

// differences measures how far others' scores are from ours; both are as many.
func differences(ours, theirs []float64) (agreement Agreement) {
	for k, score := range ours {
		difference := math.Abs(score - theirs[k])
		if math.IsNaN(difference) {
			difference = math.MaxFloat64 // JSON knows no infinity
		}
		agreement.Largest = max(agreement.Largest, difference)
		agreement.Typical += score / float64(len(ours))
	}
	return agreement
}
