package models

import (
	"fmt"
	"slices"
	"strings"
)

// Preset are parameters of the method that were measured together, and where that was. Which of a
// model's stages tell defects apart, and whether its class tokens find similar images, differs from
// backbone to backbone.
type Preset struct {
	Name     string     // PaperName, or the model's
	Stages   []int      // of the backbone, from 1
	Degrees  []int      // of LNAMD, in patches
	Interval [2]float64 // of the sorted distances, as parts from 0 to 1
	Windows  []int      // of RsCIN; {1} leaves it out
	Measured string     // on what, with which figures: a sentence or two
}

// PaperName is the name of PaperPreset.
const PaperName = "paper"

// PaperPreset are the paper's parameters on MVTec AD.
func PaperPreset() Preset {
	return Preset{
		Name: PaperName, Stages: []int{1, 2, 3, 4}, Degrees: []int{1, 3, 5},
		Interval: [2]float64{0, 0.3}, Windows: []int{2, 3},
		Measured: "by the paper's authors with CLIP-L at 518 pixels: image AUROC 97.8 on MVTec AD, 92.8 " +
			"on VisA, there with windows 8,9",
	}
}

// Preset are the settings that were measured best for a model of the registry: the paper's, unless
// others were measured.
func (s *Spec) Preset() Preset {
	if s.Name == DefaultName {
		return defaultPreset()
	}
	return PaperPreset()
}

// defaultPreset is that of DefaultName.
func defaultPreset() Preset {
	return Preset{
		Name: DefaultName, Stages: []int{2, 3}, Degrees: []int{1, 3, 5},
		Interval: [2]float64{0, 0.3}, Windows: []int{1},
		Measured: "at 224 pixels on batches of 37 to 60 photos of five sets (solar cells three times, " +
			"rendered washers, magnetic tiles): mean image AUROC 89.1, with the paper's stages 88.7 at " +
			"twice the products; pixel AP/PRO 36/97, not 28/91, on washers, 35/63, not 31/55, on tiles. " +
			"RsCIN changes the five AUROCs by +2.1, -4.3, -1.4, -2.1 and -1.0 points",
	}
}

// Options are the parameters as a user writes them, by the names of their options.
func (p Preset) Options() map[string]string {
	return map[string]string{"stages": numbers(p.Stages), "degrees": numbers(p.Degrees),
		"interval": fmt.Sprintf("%v,%v", p.Interval[0], p.Interval[1]), "windows": numbers(p.Windows)}
}

// String lists the parameters for people, in the order of the method.
func (p Preset) String() string {
	options, rscin := p.Options(), "off"
	if slices.Max(append([]int{1}, p.Windows...)) > 1 {
		rscin = "windows " + options["windows"]
	}
	return fmt.Sprintf("stages %s, degrees %s, interval %s, RsCIN %s", options["stages"],
		options["degrees"], options["interval"], rscin)
}

func numbers(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
}
