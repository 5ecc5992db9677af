package engine

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/mutual"
)

// smallInfo is a model of 24 pixels and 4 x 4 patches.
var smallInfo = backbone.Info{ImageSize: 24, Patch: 6, GridHeight: 4, GridWidth: 4, Channels: 12,
	Stages: backbone.Stages, ClassDim: 3, Std: [3]float32{1, 1, 1}, Provider: "CPU"}

// patchSource makes tokens of a patch's own pixels: so much of what a view shows, at its place, can be
// told from them.
type patchSource struct{}

func (patchSource) Extract(_ context.Context, batch []float32, n int, out backbone.Tokens) error {
	side, patch, grid := smallInfo.ImageSize, smallInfo.Patch, smallInfo.GridWidth
	for i := range n {
		image := batch[i*3*side*side:][:3*side*side]
		for p := range grid * grid {
			for stage, tokens := range out.Stages {
				token := tokens[(i*grid*grid+p)*12:][:12]
				for k := range token {
					y, x := p/grid*patch+k/4*2+stage/2, p%grid*patch+k%4+stage%2
					token[k] = 0.1 + image[(k%3)*side*side+y*side+x]
				}
			}
		}
		copy(out.Class[3*i:3*i+3], image)
	}
	return nil
}

// smallPipeline is an open one whose backbone is patchSource.
func smallPipeline(job Config, images int) *Pipeline {
	job.Threads, job.Memory = 2, cmpMemory(job.Memory)
	job.scorer = mutual.CPU{Threads: 2}
	return &Pipeline{job: job, observer: Silent{}, clock: &clock{observer: Silent{}}, largest: images,
		info: smallInfo, lanes: newLanes([]tokenSource{patchSource{}}, 1, 1)}
}

func cmpMemory(memory int64) int64 {
	if memory == 0 {
		return 1 << 40
	}
	return memory
}

// washersOf are photos of the small washers.
func washersOf(t *testing.T, count int) (items []dataset.Item) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(washers, "images", "*.png"))
	if err != nil || len(paths) < count {
		t.Fatalf("%d washers, %v", len(paths), err)
	}
	for _, path := range paths[:count] {
		items = append(items, dataset.Item{Path: path, Name: filepath.Base(path)})
	}
	return items
}

// half is a mask: its left three quarters take part, but for the upper corner.
func half() *frame.ROI {
	grey := &imageio.Grey{Width: 40, Height: 40, Pix: make([]uint8, 1600)}
	for k := range grey.Pix {
		if k%40 < 30 && (k/40 > 12 || k%40 > 12) {
			grey.Pix[k] = 255
		}
	}
	return frame.NewROI("half", grey)
}

// framings are options and their compositions.
var framings = map[string]func(*Config){
	"as it is":    func(*Config) {},
	"crop":        func(job *Config) { job.Frame.Crop = frame.Rect{X: 30, Y: 10, Width: 150, Height: 90} },
	"near":        func(job *Config) { job.Scoring.Near = 1 },
	"a mask":      func(job *Config) { job.ROI = half() },
	"three turns": func(job *Config) { job.Frame.Turns = 3 },
	"the aspect of a wide crop": func(job *Config) {
		job.Frame.Crop, job.Frame.KeepAspect = frame.Rect{X: 20, Y: 60, Width: 160, Height: 70}, true
	},
	"tiles":       func(job *Config) { job.Frame.Tiles = frame.Tiles{Rows: 2, Columns: 3, Overlap: 1} },
	"all tiles":   func(job *Config) { job.Frame.Tiles = frame.Tiles{Rows: 2, Columns: 2, Overlap: 2, All: true} },
	"near, tiled": func(job *Config) { job.Frame.Tiles, job.Scoring.Near = frame.Tiles{Rows: 1, Columns: 2}, 2 },
	"all at once": func(job *Config) {
		job.Frame = frame.Options{Crop: frame.Rect{X: 10, Y: 40, Width: 180, Height: 100}, KeepAspect: true,
			Tiles: frame.Tiles{Rows: 2, Columns: 2, Overlap: 1}, Turns: 4}
		job.ROI, job.Scoring.Near = half(), 2
	},
	"all tiles of all turns": func(job *Config) {
		job.Frame = frame.Options{Tiles: frame.Tiles{Rows: 2, Columns: 1, Overlap: 1, All: true}, Turns: 2}
		job.ROI = half()
	},
}

// framedDefinition are the patch scores of the canvases as the words say: photos one after the other, cut,
// seen by the backbone view by view, and scored by the definition, tile by tile.
func framedDefinition(t *testing.T, job *Config, references int) [][]float64 {
	t.Helper()
	model, tiles := FrameModel(&smallInfo), job.Frame.Count()
	seen := func(items []dataset.Item) grids {
		stores := make(grids, job.Frame.Views())
		shape := features.Shape{Stages: len(job.Scoring.Stages), Images: len(items), Height: 4, Width: 4, Channels: 12}
		for v := range stores {
			stores[v] = features.NewMemory(shape)
			for i := range items {
				stores[v].SetActive(i, make([]bool, 16))
			}
		}
		for i, item := range items {
			photo, _, err := imageio.Decode(item.Path, imageio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			mask, err := job.ROI.Of(item.Name)
			if err != nil {
				t.Fatal(err)
			}
			views, _, err := job.Frame.Cut(photo, model, mask)
			if err != nil {
				t.Fatal(err)
			}
			for _, view := range views {
				pixels := make([]float32, 3*24*24)
				imageio.Normalise(pixels, view.Pixels, smallInfo.Mean, smallInfo.Std)
				out := smallInfo.NewTokens(1)
				if err := (patchSource{}).Extract(t.Context(), pixels, 1, out); err != nil {
					t.Fatal(err)
				}
				store := stores[view.Turn*tiles+view.Tile]
				store.SetActive(i, view.Active)
				for stage, number := range job.Scoring.Stages {
					copy(store.Tokens(stage, i), out.Stages[number-1])
					if err := store.Accept(stage, i); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		return stores
	}
	images, of := seen(job.Images), grids(nil)
	if references > 0 {
		of = seen(job.References[:references])
	}
	scores := make([][]float64, tiles)
	for tile := range tiles {
		problem := mutual.Problem{Images: images[tile], Degrees: job.Scoring.Degrees, Near: job.Scoring.Near,
			Interval: job.Scoring.Interval, Average: job.Scoring.Average,
			ReferencesOnly: job.Scoring.ReferencesOnly, ReferencesInterval: job.Scoring.ReferencesInterval}
		if references > 0 {
			problem.References = of[tile]
		}
		for v := range images {
			if v == tile || !job.Frame.Tiles.All && v%tiles != tile {
				continue
			}
			problem.Views = append(problem.Views, images[v])
			if references > 0 {
				problem.ReferenceViews = append(problem.ReferenceViews, of[v])
			}
		}
		var err error
		if scores[tile], err = (mutual.Definition{}).PatchScores(t.Context(), &problem); err != nil {
			t.Fatal(err)
		}
	}
	canvases := make([][]float64, len(job.Images))
	for i := range canvases {
		parts, active := make([][]float64, tiles), make([][]bool, tiles)
		for tile := range tiles {
			parts[tile], active[tile] = scores[tile][16*i:16*i+16], images[tile].Active(i)
		}
		canvases[i] = job.Frame.Stitch(parts, active, model)
	}
	return canvases
}

// Whatever options are combined, the scores are those of the definition, whether photos score each other,
// references as well or they alone, in whatever batches the backbone sees the views, and wherever tokens are.
func TestFramingsComposeAsDefined(t *testing.T) {
	items := washersOf(t, 9)
	for name, change := range framings {
		for scorers, also := range map[string]func(*Config){
			"each other":              func(*Config) {},
			"and references":          func(job *Config) { job.References = items[6:] },
			"references":              func(job *Config) { job.References, job.Scoring.ReferencesOnly = items[6:], true },
			"references, an interval": func(job *Config) { job.References = items[5:]; onlyInterval(job) },
		} {
			job := Config{Images: items[:5], Scoring: Defaults(), SpillInto: t.TempDir()}
			job.Scoring.Stages, job.Scoring.Degrees = []int{2, 4}, []int{1, 3}
			job.Scoring.Windows = []int{1}
			change(&job)
			also(&job)
			want := framedDefinition(t, &job, len(job.References))
			for _, how := range []struct {
				batch  int
				memory int64
			}{{4, 0}, {1, 0}, {7, 1}} {
				job.Batch, job.Memory = how.batch, how.memory
				got := scoreSmall(t, job)
				for i, canvas := range want {
					if !slices.EqualFunc(got.Images[i].PatchScores, canvas, near(1e-5)) {
						t.Fatalf("%s, scored by %s, batches of %d: photo %d has %v, want %v", name, scorers, how.batch,
							i, got.Images[i].PatchScores, canvas)
					}
				}
			}
		}
	}
}

func onlyInterval(job *Config) {
	job.Scoring.ReferencesOnly, job.Scoring.ReferencesInterval = true, true
	job.Scoring.Interval.High = 0.8
}

func near(tolerance float64) func(a, b float64) bool {
	return func(a, b float64) bool { return math.Abs(a-b) <= tolerance }
}

// scoreSmall scores a job with the small model.
func scoreSmall(t *testing.T, job Config) *Result {
	t.Helper()
	if err := job.Check(); err != nil {
		t.Fatal(err)
	}
	p := smallPipeline(job, len(job.Images))
	if err := p.readReferences(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	batch, err := p.Extract(t.Context(), job.Images, Keep{})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Close()
	result, err := batch.Score(t.Context(), job.Scoring, len(job.References))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// With every framing the evidence adds up to the score where one tile gives it, names patches of the
// canvas, and subsets, own references and a trusted half go on to be what they are.
func TestFramedEvidenceSubsetsAndReferences(t *testing.T) {
	items := washersOf(t, 12)
	for name, change := range framings {
		t.Run(name, func(t *testing.T) {
			job := Config{Images: items, References: items[10:], Scoring: Defaults(), Explain: 3}
			job.Scoring.Stages, job.Scoring.Degrees, job.Scoring.Windows = []int{1, 3}, []int{1}, []int{1}
			change(&job)
			job.Scoring.Shared = SharedTrust
			result := scoreSmall(t, job)
			if len(result.Evidence) == 0 {
				t.Fatal("no evidence")
			}
			patches := result.Height * result.Width
			for _, e := range result.Evidence {
				score := 0.0
				for _, stage := range e.Stages {
					score += stage.Score / float64(len(e.Stages))
					for _, match := range stage.Nearest {
						if match.Patch < 0 || match.Patch >= patches {
							t.Errorf("patch %d of %d", match.Patch, patches)
						}
					}
				}
				if !(math.Abs(score-e.Score) < 1e-5) {
					t.Errorf("stages give %v, evidence says %v", score, e.Score)
				}
				if of := result.Images[e.Image].PatchScores[e.Patch]; job.Frame.Count() == 1 && of != e.Score {
					t.Errorf("evidence of %v, the patch has %v", e.Score, of)
				}
			}
			job.Scoring.Shared, job.Scoring.Subsets = SharedWarn, 2
			if got := scoreSmall(t, job); len(got.Images) != len(items) {
				t.Errorf("%d of %d photos in subsets", len(got.Images), len(items))
			}
			job.Scoring.Subsets, job.Scoring.ReferencesOnly, job.Scoring.Shared = 1, true, SharedOff
			for _, image := range scoreSmall(t, job).Images[10:] {
				if image.ScoreBefore == 0 {
					t.Errorf("%s is scored by itself", image.Name)
				}
			}
		})
	}
}

// What was kept of views is not computed again, and gives the same bytes.
func TestFramedTokensAreKept(t *testing.T) {
	job := Config{Images: washersOf(t, 5), Scoring: Defaults(), Batch: 3}
	framings["all at once"](&job)
	want := scoreSmall(t, job)
	folder := t.TempDir()
	for range 2 {
		p := smallPipeline(job, 5)
		p.base = "b"
		batch, err := p.Extract(t.Context(), job.Images, Keep{Folder: folder, Always: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := batch.Score(t.Context(), job.Scoring, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, image := range got.Images {
			if !slices.Equal(image.PatchScores, want.Images[i].PatchScores) || image.Place != want.Images[i].Place ||
				!slices.Equal(image.ClassToken, want.Images[i].ClassToken) {
				t.Fatalf("photo %d has other scores, place or class token", i)
			}
		}
		batch.Close()
		p.lanes = nil
	}
}

// A photo that a crop does not fit is left out, and moves no other.
func TestPhotosThatCannotBeFramed(t *testing.T) {
	job := Config{Images: washersOf(t, 4), Scoring: Defaults()}
	job.Frame.Turns = 2
	want := scoreSmall(t, job)
	job.Images = slices.Insert(slices.Clone(job.Images), 2, dataset.Item{Path: brokenFile(t), Name: "broken"})
	got := scoreSmall(t, job)
	for i, image := range got.Images {
		if !slices.Equal(image.PatchScores, want.Images[i].PatchScores) {
			t.Errorf("%s has other scores", image.Name)
		}
	}
	job.Frame.Crop = frame.Rect{X: 0, Y: 0, Width: 1 << 20, Height: 5}
	p := smallPipeline(job, 5)
	batch, err := p.Extract(t.Context(), job.Images, Keep{})
	if err != nil {
		t.Fatal(err)
	}
	if read, skipped := batch.Read(); len(read) != 0 || len(skipped) != 5 {
		t.Errorf("%d read, left out %v", len(read), skipped)
	}
}

func TestOptionsThatDoNotGoTogether(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"near, and all tiles": func(job *Config) {
			job.Scoring.Near, job.Frame.Tiles = 2, frame.Tiles{Rows: 2, Columns: 2, All: true}
		},
		"near, and all tiles, as many as it takes": func(job *Config) {
			job.Scoring.Near, job.Frame.Tiles = 2, frame.Tiles{Auto: true, All: true}
		},
		"less than near":           func(job *Config) { job.Scoring.Near = -1 },
		"a map as large as memory": func(job *Config) { job.Scoring.MapSize = 1<<14 + 1 },
		"partners of tiles": func(job *Config) {
			job.Scoring.Shared, job.Frame.Tiles = SharedExclude, frame.Tiles{Rows: 1, Columns: 2}
		},
		"an interval over references that are not alone": func(job *Config) { job.Scoring.ReferencesInterval = true },
	} {
		job := Config{Images: make([]dataset.Item, 9), Scoring: Defaults()}
		change(&job)
		if err := job.Check(); fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCostsInWords(t *testing.T) {
	model := frame.Model{ImageSize: 224, Patch: 14, Height: 16, Width: 16}
	for want, c := range map[string]struct {
		of         frame.Options
		near       int
		references bool
	}{
		"[]": {},
		"[4 turns: 4 x the backbone, 7 x the comparisons]":      {of: frame.Options{Turns: 4}},
		"[4 turns: 4 x the backbone, 4 x the comparisons]":      {of: frame.Options{Turns: 4}, references: true},
		"[near 15: about 100 % of the time of the comparisons]": {near: 15},
		"[near 4: about 79 % of the time of the comparisons]":   {near: 4},
		"[tiles 2x3, of the same place: 6 x the backbone, 6 x the comparisons]": {
			of: frame.Options{Tiles: frame.Tiles{Rows: 2, Columns: 3}}},
		"[tiles 2x3, of all places: 6 x the backbone, 66 x the comparisons]": {
			of: frame.Options{Tiles: frame.Tiles{Rows: 2, Columns: 3, All: true}}},
	} {
		scoring := &Scoring{Near: c.near, ReferencesOnly: c.references, Degrees: []int{1, 3, 5}}
		if got := fmt.Sprint(FrameCosts(&c.of, scoring, model)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
