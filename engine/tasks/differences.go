package tasks

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/verdict"
)

// Differences says for people what decides the results and is not the same in two plans. There is
// something to say if their IDs differ.
func Differences(old, new *Plan) (list []string) {
	olds, news := old.options(), new.options()
	for k, option := range news {
		if was := olds[k].value; was != option.value {
			list = append(list, fmt.Sprintf("%s %s and %s", option.name, said("was", was),
				said("is", option.value)))
		}
	}
	list = append(list, modelDifference(old.Model, new.Model)...)
	list = append(list, listDifference("photo", "photos", old.Images, new.Images)...)
	list = append(list, listDifference("reference image", "reference images", old.References,
		new.References)...)
	if len(list) == 0 && old.ID != new.ID {
		list = []string{"it was made by another version of musc"}
	}
	return list
}

// said puts the value of an option into words; none is "".
func said(verb, value string) string {
	if value == "" {
		return verb + " not given"
	}
	return verb + " " + value
}

// option is one of the command line, its value as a user writes it.
type option struct{ name, value string }

// options are the settings as options, in the order of the help text.
func (s *Settings) options() []option {
	of := s.Scoring
	return []option{
		{"--stages", numbers(of.Stages)},
		{"--degrees", numbers(of.Degrees)},
		{"--interval", fmt.Sprintf("%v,%v", of.Interval.Low, of.Interval.High)},
		{"--average", of.Average.String()},
		{"--references-only", given(of.ReferencesOnly)},
		{"--windows", numbers(of.Windows)},
		{"--subsets", strconv.Itoa(of.Subsets)},
		{"--seed", strconv.FormatInt(of.Seed, 10)},
		{"the dealing by label", given(of.DealByLabel)},
		{"--map-size", orNone(of.MapSize)},
		{"--bits", orNone(s.Bits)},
		{"--strict", given(s.Strict)},
		{"--max-pixels", strconv.Itoa(s.MaxPixels)},
		{"--rotate", given(s.Rotate)},
		{"--batch", orNone(s.Batch)},
		{"--maps", s.Maps},
		{"--no-overlays", given(!s.Overlays)},
		{"--draw-top", orNone(s.DrawTop)},
		{"--shared", of.Shared},
		{"--crop", s.Frame.Crop.String()},
		{"--keep-aspect", given(s.Frame.KeepAspect)},
		{"--tiles", tiled(s.Frame.Tiles)},
		{"--rotations", orNone(s.Frame.Turns)},
		{"--near", orNone(of.Near)},
		{"the mask of --roi", s.ROI.said()},
		{"the bank", s.Bank.said()},
		{"--threshold", s.Threshold},
		{"the labels of --threshold", labelled(s.Labels)},
		{"--no-masks", given(!s.Masks)},
		{"--no-report", given(!s.Report)},
		{"--export", s.Export},
	}
}

func numbers(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
}

// labelled names labels by their number and a part of their checksum: two lists of as many may differ.
func labelled(labels []verdict.Label) string {
	if len(labels) == 0 {
		return ""
	}
	text, _ := json.Marshal(labels) // texts and booleans are always encoded
	return fmt.Sprintf("%d of %x", len(labels), sha256.Sum256(text))[:16]
}

// said names a region of interest by its path and a part of its checksum.
func (r *ROI) said() string {
	if r == nil {
		return ""
	}
	return r.Path + " of " + abridged(r.SHA256)
}

func (b *Bank) said() string {
	if b == nil {
		return ""
	}
	return b.Path + " of " + abridged(b.ID)
}

// tiled are the options of tiles; "" for one.
func tiled(tiles frame.Tiles) string {
	if tiles == (frame.Tiles{}) {
		return ""
	}
	text := fmt.Sprintf("%s overlapping by %d", tiles, tiles.Overlap)
	if tiles.All {
		text += ", of all places"
	}
	return text
}

func given(is bool) string {
	if is {
		return "given"
	}
	return ""
}

func orNone(value int) string {
	if value == 0 {
		return ""
	}
	return strconv.Itoa(value)
}

func modelDifference(old, new Model) []string {
	olds, news := report.Sums(old.Files), report.Sums(new.Files)
	switch {
	case slices.Equal(olds, news):
		return nil
	case old.Path != new.Path:
		return []string{fmt.Sprintf("the model was %s and is %s", old.Path, new.Path)}
	}
	var changed []string
	for k, file := range new.Files {
		if k >= len(olds) || olds[k] != news[k] {
			changed = append(changed, filepath.Base(file.Path))
		}
	}
	if len(changed) == 0 { // it has fewer files
		changed = []string{filepath.Base(new.Path)}
	}
	return []string{fmt.Sprintf("the model in %s has changed (%s)", filepath.Dir(new.Path),
		strings.Join(changed, ", "))}
}

func listDifference(one, several string, old, new Listed) []string {
	difference := new.Count - old.Count
	count := func(n int) string {
		if n == 1 {
			return "1 " + one
		}
		return strconv.Itoa(n) + " " + several
	}
	switch {
	case old.Identity == new.Identity:
		return nil
	case difference > 0:
		return []string{count(difference) + " more"}
	case difference < 0:
		return []string{count(-difference) + " fewer"}
	}
	return []string{fmt.Sprintf("the %s are others, lie elsewhere or have other labels", several)}
}
