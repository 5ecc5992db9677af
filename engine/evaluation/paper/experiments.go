package paper

import (
	"fmt"

	"musc/engine"
	"musc/engine/evaluation/labelled"
	"musc/engine/mutual"
)

// Experiment is one table of the paper.
type Experiment struct {
	Name  string
	Title string

	data     []labelled.Layout
	classes  map[labelled.Layout][]string // only these of a data set; nil: all
	byClass  bool                         // the rows are classes, under the one setting
	settings []setting
	metrics  []string // the columns, keys of package evaluation

	averageDegrees bool // settings are sets of degrees: score each degree once
}

// setting is one row.
type setting struct {
	row        string // as in published.csv
	also       string // a second row of published.csv that the same setting answers
	model      string // the backbone's name
	references int    // normal training images that score too; -1: all
	change     func(s *engine.Scoring, images int)
}

// usualModel is the paper's backbone, smallerModel the other one of its table of times.
const (
	usualModel   = "ViT-L-14-336"
	smallerModel = "ViT-B-16-plus-240"
)

var (
	bothLevels  = []string{"image_auroc", "pixel_auroc"}
	imageLevel  = []string{"image_auroc", "image_f1_max", "image_ap"}
	sevenOfAll  = append(imageLevel[:3:3], "pixel_auroc", "pixel_f1_max", "pixel_ap", "pixel_pro")
	mvtecVisA   = []labelled.Layout{labelled.MVTec, labelled.VisA}
	asPublished = []setting{{row: "MuSc", also: "MuSc, published code", model: usualModel}}
)

// Experiments are the tables that Run can repeat, in the paper's order.
func Experiments() []*Experiment {
	return []*Experiment{
		{Name: "zero-shot", Title: "Zero-shot anomaly classification and segmentation",
			data: mvtecVisA, settings: asPublished, metrics: sevenOfAll},
		{Name: "per-class", Title: "Every class", data: mvtecVisA, byClass: true,
			settings: asPublished, metrics: sevenOfAll},
		{Name: "degrees", Title: "Aggregation degrees of LNAMD", data: mvtecVisA,
			settings: degreeSettings(), metrics: bothLevels, averageDegrees: true},
		{Name: "interval", Title: "Interval average of MSM", data: mvtecVisA,
			settings: intervalSettings(), metrics: bothLevels},
		{Name: "rscin", Title: "RsCIN's windows", data: mvtecVisA, settings: windowSettings(),
			metrics: imageLevel},
		{Name: "subsets", Title: "Subset splitting", data: mvtecVisA, settings: subsetSettings(),
			metrics: bothLevels},
		{Name: "backbones", Title: "Backbones and their pre-training", data: mvtecVisA,
			settings: backboneSettings(), metrics: bothLevels},
		{Name: "orientation", Title: "Classes whose products lie in any direction",
			data: mvtecVisA, byClass: true, settings: asPublished, metrics: bothLevels,
			classes: map[labelled.Layout][]string{
				labelled.MVTec: {"screw", "hazelnut", "metal_nut"},
				labelled.VisA:  {"capsules", "macaroni2"},
			}},
		{Name: "btad", Title: "BTAD", data: []labelled.Layout{labelled.BTAD}, settings: asPublished,
			metrics: sevenOfAll},
		{Name: "few-shot", Title: "Labelled normal images score too",
			data: []labelled.Layout{labelled.MVTec}, settings: shotSettings(), metrics: bothLevels},
	}
}

// degreeSettings leave the degrees out of {1,3,5}, then add larger ones.
func degreeSettings() (settings []setting) {
	for _, s := range []struct {
		row     string
		degrees []int
	}{
		{"{1}", []int{1}}, {"{3}", []int{3}}, {"{5}", []int{5}}, {"{1,3}", []int{1, 3}},
		{"{3,5}", []int{3, 5}}, {"{1,3,5}", []int{1, 3, 5}}, {"{1,..,7}", []int{1, 3, 5, 7}},
		{"{1,..,9}", []int{1, 3, 5, 7, 9}}, {"{1,..,11}", []int{1, 3, 5, 7, 9, 11}},
	} {
		settings = append(settings, setting{row: s.row, model: usualModel,
			change: func(scoring *engine.Scoring, _ int) { scoring.Degrees = s.degrees }})
	}
	return settings
}

// intervalSettings reduce all distances, or the lowest 30 % of them, to one; then they leave out
// more and more of the lowest. The paper's bounds of the latter are not legible; these are our
// choice.
func intervalSettings() (settings []setting) {
	add := func(row string, low, high float64, average mutual.Average) {
		settings = append(settings, setting{row: row, model: usualModel,
			change: func(scoring *engine.Scoring, _ int) {
				scoring.Interval = mutual.Interval{Low: low, High: high}
				scoring.Average = average
			}})
	}
	add("(a)min", 0, 1, mutual.Min)
	add("(b)max", 0, 1, mutual.Max)
	add("(c)mean", 0, 1, mutual.Mean)
	add("(d)30% + min", 0, 0.3, mutual.Min)
	add("(e)30% + max", 0, 0.3, mutual.Max)
	add("(f)30% + mean", 0, 0.3, mutual.Mean)
	add("[0, 30 %]", 0, 0.3, mutual.Mean)
	for low := 5; low < 30; low += 5 {
		add(fmt.Sprintf("[%d, 30 %%]", low), float64(low)/100, 0.3, mutual.Mean)
	}
	return settings
}

// windowSettings are RsCIN off and with the paper's windows, then single, several and full windows.
func windowSettings() (settings []setting) {
	add := func(row string, windows ...int) {
		settings = append(settings, setting{row: row, model: usualModel,
			change: func(scoring *engine.Scoring, _ int) { scoring.Windows = windows }})
	}
	add("without", 1)
	settings = append(settings, setting{row: "with", model: usualModel})
	for _, window := range []int{2, 3, 8, 9} {
		add(fmt.Sprintf("window {%d}", window), window)
	}
	add("windows {2,3}", 2, 3)
	add("windows {8,9}", 8, 9)
	add("windows {2,..,9}", 2, 3, 4, 5, 6, 7, 8, 9)
	return append(settings, setting{row: "full window", model: usualModel,
		change: func(scoring *engine.Scoring, images int) { scoring.Windows = []int{images} }})
}

func subsetSettings() (settings []setting) {
	for s := 1; s <= 3; s++ {
		settings = append(settings, setting{row: fmt.Sprintf("s = %d", s), model: usualModel,
			change: func(scoring *engine.Scoring, _ int) { scoring.Subsets = s }})
	}
	return settings
}

func backboneSettings() (settings []setting) {
	for _, s := range [][2]string{
		{"DINO ViT-B-16", "dino-b16"}, {"DINO ViT-B-8", "dino-b8"}, {"DINOv2 ViT-B-14", "dinov2-b"},
		{"DINOv2 ViT-L-14", "dinov2-l"}, {"CLIP ViT-B-32", "ViT-B-32"}, {"CLIP ViT-B-16", "ViT-B-16"},
		{"CLIP ViT-B-16-plus-240", smallerModel}, {"CLIP ViT-L-14", "ViT-L-14"},
		{"CLIP ViT-L-14-336", usualModel}, {"Swin-B-4", "swin-b"}, {"Swin-L-4", "swin-l"},
	} {
		settings = append(settings, setting{row: s[0], model: s[1]})
	}
	return settings
}

// shotSettings let references join the images (MuSc), or score alone (MuSc+).
func shotSettings() (settings []setting) {
	for _, plus := range []bool{false, true} {
		method := "MuSc"
		if plus {
			method = "MuSc+"
		}
		for _, shots := range []int{0, 1, 2, 4, 8, 16, 32, -1} {
			if plus && shots == 0 {
				continue // without references nobody would score
			}
			row := fmt.Sprintf("%s %d-shot", method, shots)
			if shots < 0 {
				row = method + " full-shot"
			}
			settings = append(settings, setting{row: row, model: usualModel, references: shots,
				change: func(scoring *engine.Scoring, _ int) { scoring.ReferencesOnly = plus }})
		}
	}
	return settings
}
