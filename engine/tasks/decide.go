package tasks

import (
	"context"
	"fmt"
	"slices"

	"musc/engine"
	"musc/engine/health"
	"musc/engine/verdict"
)

// BankThreshold is Settings.Threshold of a plan that takes the thresholds of its bank.
const BankThreshold = "bank"

// decide finds the thresholds of the batch. A plan that asks for none has none.
func (m *Merged) decide(p *Plan, listing *Listing) error {
	switch p.Threshold {
	case "":
		return nil
	case BankThreshold:
		m.Thresholds = p.Bank.Thresholds
		m.Thresholds.Method = BankThreshold
		return nil
	}
	estimator, err := verdict.New(p.Threshold, p.Labels)
	if err != nil {
		return err
	}
	scores, names := make([]float64, len(m.Images)), make([]string, len(m.Images))
	for i, image := range m.Images {
		scores[i], names[i] = image.Before, listing.Images[image.Index].Name
	}
	m.Thresholds, err = estimator.Estimate(scores, names)
	return err
}

// comparedTokens is how many images may have their class tokens read before a batch is believed: those of a
// million take gigabytes, and no person looks at a million.
const comparedTokens = 20_000

// unexamined says what of a batch of so many images is not asked; "" if nothing is left out.
func unexamined(images int) string {
	const kinds = "near duplicates, photos of something else and mixtures of products are looked for "
	switch {
	case images > comparedTokens:
		return fmt.Sprintf(kinds+"in batches of at most %d photos: not in this one", comparedTokens)
	case images > health.ComparedAtMost:
		return fmt.Sprintf(kinds+"among %d of the %d photos", health.ComparedAtMost, images)
	}
	return ""
}

// aboutShared is what scoring did about groups that share a defect.
var aboutShared = map[string]string{
	engine.SharedExclude: "did not score each other",
	engine.SharedTrust:   "only the less anomalous half of all photos scored",
}

// tellingRise is the share by which the score of one of a group must rise without the others for the group
// to be told. docs/health.md has what it was chosen by.
const tellingRise = 0.1

// matters says whether to tell of images that have something in common: if it hides much of one of them.
// Variants of a product have something in common as well, and most hide little.
func (p *Plan) matters(part *Part, group []int) bool {
	if p.Scoring.Shared != engine.SharedWarn || part.Rises == nil {
		return true
	}
	return slices.ContainsFunc(group, func(image int) bool {
		return part.Rises[image] >= tellingRise*part.Images[image].Before
	})
}

// toTell are the groups of a part that share a defect and matter, by the images' indices in the listing.
func (p *Plan) toTell(part *Part) (groups [][]int) {
	for _, group := range part.Shared {
		if !p.matters(part, group) {
			continue
		}
		indices := make([]int, len(group))
		for k, image := range group {
			indices[k] = part.Images[image].Index
		}
		groups = append(groups, indices)
	}
	return groups
}

// examine asks whether the batch is fit to be scored.
func (p *Plan) examine(ctx context.Context, f Folder, g *gathered, listing *Listing) (
	[]health.Finding, error) {

	batch := &health.Batch{Photos: make([]health.Photo, 0, len(g.rows))}
	place := make(map[int]int, len(g.rows)) // in g.rows, by index in the listing
	for i, row := range g.rows {
		place[row.Index] = i
		item := listing.Images[row.Index]
		batch.Photos = append(batch.Photos, health.Photo{Name: item.Name, Path: p.Locate(item.Path),
			Brightness: row.brightness, Sharpness: row.sharpness, Digest: row.digest})
	}
	groups := make([][]int, len(g.shared))
	for k, group := range g.shared {
		for _, index := range group {
			groups[k] = append(groups[k], place[index])
		}
	}
	if len(g.rows) <= comparedTokens {
		tokens, err := p.readTokens(ctx, f, g, engine.Config{})
		if err != nil {
			return nil, err
		}
		defer tokens.close()
		batch.Class, batch.ClassDim = tokens.row(0, tokens.n), tokens.d
	}
	findings := health.Check(batch)
	if len(groups) > 0 {
		findings = append(findings, health.SharedFinding(batch, groups, aboutShared[p.Scoring.Shared]))
	}
	return findings, nil
}
