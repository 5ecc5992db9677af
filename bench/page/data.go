package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"musc/engine/csvfile"
	"musc/engine/health"
	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/report/page"
	"musc/engine/verdict"
)

const (
	grid      = 16
	thumbnail = 320 // longer side, in pixels
	crop      = 96  // side, in pixels
	inside    = 300 // photos up to which the pictures are in the page
	explained = 40  // photos with evidence
)

// scored is a finished run.
type scored struct {
	run    report.Run
	photos []photo // by rank
}

type photo struct {
	page.Photo
	scores []float64 // of the patches
	rgb    *imageio.RGB
}

func readRun(folder string) (*scored, error) {
	s := new(scored)
	text, err := os.ReadFile(filepath.Join(folder, "run.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.run); err != nil {
		return nil, err
	}
	table, err := csvfile.ReadTable(filepath.Join(folder, "scores.csv"), "image", "score",
		"score_before_rscin", "rank")
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(s.run.Command[2])
	for _, row := range table.Rows {
		p := photo{Photo: page.Photo{Name: table.Text(row, "image"), Nearest: -1}}
		p.Path = filepath.Join(root, p.Name)
		for column, value := range map[string]*float64{"score": &p.Score, "score_before_rscin": &p.Before} {
			if *value, err = table.Number(row, column); err != nil {
				return nil, err
			}
		}
		rank, err := table.Number(row, "rank")
		if err != nil {
			return nil, err
		}
		p.Rank = int(rank)
		if err := p.read(folder); err != nil {
			return nil, err
		}
		s.photos = append(s.photos, p)
	}
	slices.SortFunc(s.photos, func(a, b photo) int { return cmp.Compare(a.Rank, b.Rank) })
	return s, nil
}

// read reads the picture, and the patch scores back out of the map: it passes through them.
func (p *photo) read(folder string) error {
	rgb, _, err := imageio.Decode(p.Path, imageio.Options{})
	if err != nil {
		return err
	}
	p.Width, p.Height = rgb.Width, rgb.Height
	longer := max(rgb.Width, rgb.Height)
	side := func(length int) int { return max(1, length*min(thumbnail, longer)/longer) }
	p.rgb = rgb.Resize(side(rgb.Width), side(rgb.Height), imageio.Bicubic)
	name := p.Name[:len(p.Name)-len(filepath.Ext(p.Name))]
	values, width, height, err := report.ReadMap(filepath.Join(folder, "maps", name+".tiff"))
	if err != nil {
		return err
	}
	for row := range grid {
		for column := range grid {
			y := (row*(height-1) + (grid-1)/2) / (grid - 1)
			x := (column*(width-1) + (grid-1)/2) / (grid - 1)
			p.scores = append(p.scores, float64(values[y*width+x]))
		}
	}
	return nil
}

// data is a page of so many photos. Pictures go into the page, or beside it with their size.
func (s *scored) data(folder string, count int) (data *page.Data, beside int, err error) {
	d := &page.Data{Tool: s.run.Tool.Name + " " + s.run.Tool.Version, Started: s.run.Started,
		Command: s.run.Command, Images: count, GridHeight: grid, GridWidth: grid, MapSize: 224,
		Warnings: []string{}, Run: parameters(&s.run)}
	random := rand.New(rand.NewPCG(1, 2))
	pick := s.photos
	for len(pick) < count {
		again := s.photos[random.IntN(len(s.photos))]
		off := 1 + 0.06*(random.Float64()-0.5)
		again.Name = fmt.Sprintf("again/%05d.png", len(pick))
		again.Before *= off
		again.Score *= off
		again.scores = slices.Clone(again.scores)
		for i := range again.scores {
			again.scores[i] *= off
		}
		pick = append(slices.Clip(pick), again)
	}
	pick = slices.Clone(pick[:count])
	slices.SortStableFunc(pick, func(a, b photo) int { return cmp.Compare(b.Score, a.Score) })
	if err := s.decide(d, pick); err != nil {
		return nil, 0, err
	}
	for i := range pick {
		p := &pick[i]
		p.Rank = i + 1
		p.Scores = make([]byte, len(p.scores))
		for k, score := range p.scores {
			p.Scores[k] = byte(math.Round(255 * (score - d.Low) / (d.High - d.Low)))
		}
		p.Nearest = count - 1 - i%max(1, count/3)
		file := fmt.Sprintf("report/%05d.jpg", i)
		encoded := encode(p.rgb)
		if p.Picture = uri(encoded); count > inside {
			p.Picture = file
			beside += len(encoded)
			path := filepath.Join(folder, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return nil, 0, err
			}
			if err := os.WriteFile(path, encoded, 0o666); err != nil {
				return nil, 0, err
			}
		}
	}
	for i := range pick {
		if i < explained {
			pick[i].Evidence = explain(pick, i)
		}
		d.Photos = append(d.Photos, pick[i].Photo)
	}
	d.Findings = findings(d.Photos)
	return d, beside, nil
}

// decide fills in the thresholds and the scales.
func (s *scored) decide(d *page.Data, pick []photo) error {
	var befores []float64
	var names []string
	var summaries []report.Summary
	d.Low, d.High = math.Inf(1), math.Inf(-1)
	for _, p := range pick {
		befores, names = append(befores, p.Before), append(names, p.Name)
		summaries = append(summaries, report.Summarise(p.scores))
		d.Low, d.High = min(d.Low, slices.Min(p.scores)), max(d.High, slices.Max(p.scores))
	}
	estimator, err := verdict.New("auto", nil)
	if err != nil {
		return err
	}
	if d.Thresholds, err = estimator.Estimate(befores, names); err != nil {
		return err
	}
	d.Scale, err = report.BatchScale(summaries, d.Thresholds.Threshold)
	d.Colours = d.Scale.Colours()
	return err
}

func findings(photos []page.Photo) []report.Finding {
	name := func(i int) string { return photos[i%len(photos)].Name }
	return []report.Finding{
		{Kind: health.NearDuplicates, Text: "2 photos show the same thing as another one: what they share " +
			"counts as normal; leave the copies out", Groups: [][]string{{name(4), name(9)}}},
		{Kind: health.Drift, Text: "the photos get darker over the file order, by 12 of 255: score the " +
			"shifts apart if the light changed"},
	}
}

func parameters(run *report.Run) []page.Parameter {
	return []page.Parameter{
		{Name: "Model", Value: fmt.Sprintf("%s at %d pixels", run.Model.Name, run.Model.ImageSize)},
		{Name: "Runtime", Value: run.Runtime.Version + ", " + run.Runtime.Provider},
		{Name: "Machine", Value: run.Machine.OS + ", " + run.Machine.Architecture},
		{Name: "Images", Value: fmt.Sprintf("%d scored, %d left out", run.Counts.Scored, run.Counts.Skipped)},
	}
}

// explain makes up what evidence looks like, for the peak of photo i.
func explain(photos []photo, i int) []page.Evidence {
	p := &photos[i]
	peak := 0
	for k, score := range p.scores {
		if score > p.scores[peak] {
			peak = k
		}
	}
	other := func(k int) page.Crop {
		j := len(photos) - 1 - (7*i+k)%max(1, len(photos)/2)
		return page.Crop{Name: photos[j].Name, Photo: j, Picture: uri(encode(cut(photos[j].rgb, peak))),
			Distance: p.scores[peak] * (0.8 + 0.03*float64(k))}
	}
	normal := photos[len(photos)-1-i%max(1, len(photos)/2)].scores[peak]
	e := page.Evidence{Patch: peak, Score: p.scores[peak], Normal: normal, Mattered: 1,
		Crop: uri(encode(cut(p.rgb, peak))), Typical: other(3),
		Stages: []page.Stage{{Stage: 2, Score: 0.9 * p.scores[peak], Normal: 1.1 * normal},
			{Stage: 3, Score: 1.1 * p.scores[peak], Normal: 0.9 * normal}}}
	for k := range 3 {
		e.Nearest = append(e.Nearest, other(k))
	}
	return []page.Evidence{e}
}

func cut(rgb *imageio.RGB, patch int) *imageio.RGB {
	side := min(crop, rgb.Width, rgb.Height)
	left := min(max(patch%grid*(rgb.Width-1)/(grid-1)-side/2, 0), rgb.Width-side)
	top := min(max(patch/grid*(rgb.Height-1)/(grid-1)-side/2, 0), rgb.Height-side)
	out := &imageio.RGB{Width: side, Height: side}
	for y := range side {
		start := 3 * ((top+y)*rgb.Width + left)
		out.Pix = append(out.Pix, rgb.Pix[start:start+3*side]...)
	}
	return out
}

func encode(rgb *imageio.RGB) []byte {
	picture := image.NewRGBA(image.Rect(0, 0, rgb.Width, rgb.Height))
	for i := range rgb.Width * rgb.Height {
		copy(picture.Pix[4*i:], rgb.Pix[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 80}); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

func uri(jpeg []byte) string {
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(jpeg)
}
