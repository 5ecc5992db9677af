package tasks

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/report"
)

// Merge is the one task that sees the whole batch: it brings what all parts found out into the order
// of the listing, re-scores it with RsCIN, ranks it and chooses the colour scale. Merging the same
// parts again changes nothing. Parts of which some have other last digits are refused, unless
// allowMixed.
//
// Errors: those of gather; fault.Input if no image was scored, if parts are a mixture, or if an image
// cannot be re-scored.
func (p *Plan) Merge(ctx context.Context, f Folder, listing *Listing, allowMixed bool,
	observer engine.Observer) (*Merged, error) {
	g, err := p.gather(ctx, f, Digests, "merge")
	if err != nil {
		return nil, err
	}
	if m, err := p.readMerged(f); err == nil && m.Parts == g.print && (allowMixed || !m.Mixed) {
		return m, nil
	}
	if err := p.enough(g); err != nil {
		return nil, err
	}
	mixture := g.mixtureOf()
	if mixture.text != "" && !allowMixed {
		return nil, p.refuse(f, mixture)
	}
	m := p.collect(g)
	if note := engine.OwnNote(g.own(), p.References.Count); note != "" {
		m.Warnings = slices.Insert(m.Warnings, 0, note)
		observer.Note(note)
	}
	if mixture.text != "" {
		m.Mixed = true
		m.Warnings = slices.Insert(m.Warnings, 0, mixture.text)
		observer.Note(mixture.text)
	}
	begun := time.Now()
	observer.Begin(engine.StepRank, len(g.rows))
	if err := p.rescore(ctx, f, g, listing, m); err != nil {
		return nil, err
	}
	m.rank(g, listing)
	if err := m.decide(p, listing); err != nil {
		return nil, err
	}
	if m.Findings, err = p.examine(ctx, f, g, listing); err != nil {
		return nil, err
	}
	if note := unexamined(len(g.rows)); note != "" {
		m.Warnings = append(m.Warnings, note)
		observer.Note(note)
	}
	if m.Scale, err = m.scaleOf(g, listing); err != nil {
		return nil, err
	}
	observer.Advance(len(g.rows))
	m.Timings = addTiming(m.Timings, engine.Timing{Step: engine.StepRank,
		Seconds: time.Since(begun).Seconds()})
	return m, m.write(f)
}

// refuse is the error about a mixture.
func (p *Plan) refuse(f Folder, m mixture) error {
	var tasks []int
	for _, subset := range m.odd {
		tasks = append(tasks, p.Cuts.Score.Task(subset))
	}
	return fault.New(fault.Input, "cannot merge: %s; remove the parts %s from %s and run the score "+
		"tasks %s again on machines like the others', or accept it with: musc merge %s --allow-mixed",
		m.text, Expression(m.odd), f.Path(string(PhaseScore)), Expression(slices.Compact(tasks)), f.Output)
}

// enough checks that there is something to merge.
func (p *Plan) enough(g *gathered) error {
	if len(g.rows) > 0 {
		return nil
	}
	var alone []About
	skipped := 0
	for _, record := range g.records {
		for _, about := range record.Skipped {
			if !about.Reference {
				skipped++
			}
			if about.Text == engine.AloneReason {
				alone = append(alone, about)
			}
		}
	}
	switch len(alone) {
	case 0:
		return fault.New(fault.Input, "none of the %d images can be read", p.Images.Count)
	case 1:
		return fault.New(fault.Input, "only %s is left to score (%d left out): mutual scoring compares "+
			"the images with each other and needs two or more, or reference images", alone[0].Path,
			skipped-1)
	}
	return fault.New(fault.Input, "each of the %d images that can be read is alone in its subset, and "+
		"mutual scoring compares images with each other; choose fewer --subsets", len(alone))
}

// collect sums up what the parts say of themselves and of photos.
func (p *Plan) collect(g *gathered) *Merged {
	first := g.records[0]
	m := &Merged{Plan: p.ID, Parts: g.print, Model: first.Model, Height: first.Height,
		Width: first.Width, Provenance: first.Provenance, MemoryPlan: first.MemoryPlan}
	var warnings []About
	hosts := map[string]int{}
	for _, record := range g.records {
		hosts[record.Host]++
		for _, timing := range record.Timings {
			m.Timings = addTiming(m.Timings, timing)
		}
		m.Skipped = append(m.Skipped, record.Skipped...)
		warnings = append(warnings, record.Warnings...)
	}
	if len(hosts) > 1 {
		for _, name := range slices.Sorted(maps.Keys(hosts)) {
			m.Hosts = append(m.Hosts, report.Host{Name: name, Subsets: hosts[name]})
		}
	}
	m.Skipped = inOrder(m.Skipped)
	for _, about := range inOrder(warnings) {
		m.Warnings = append(m.Warnings, about.Text)
	}
	return m
}

// own is how many references are images that were scored.
func (g *gathered) own() (own int) {
	for i := range g.records {
		own += g.records[i].Own
	}
	return own
}

// addTiming adds a step's time to that of the same step.
func addTiming(timings []engine.Timing, more engine.Timing) []engine.Timing {
	at := slices.IndexFunc(timings, func(t engine.Timing) bool { return t.Step == more.Step })
	if at < 0 {
		return append(timings, more)
	}
	timings[at].Seconds += more.Seconds
	return timings
}

// inOrder sorts what is said of photos: of none, of reference images, of images, in the order of the
// listing. What every part says of the references is there once.
func inOrder(list []About) []About {
	group := func(a About) int {
		switch {
		case a.Index < 0:
			return 0
		case a.Reference:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b About) int {
		return cmp.Or(cmp.Compare(group(a), group(b)), cmp.Compare(a.Index, b.Index))
	})
	said := map[About]bool{}
	return slices.DeleteFunc(list, func(a About) bool {
		again := said[a]
		said[a] = true
		return again && group(a) < 2
	})
}
