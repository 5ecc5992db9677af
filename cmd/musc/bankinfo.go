package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/features"
	"musc/engine/plain"
)

func bankInfoCommand() *cli.Command {
	return &cli.Command{
		Name:      "info",
		Usage:     "what a bank holds, and its threshold",
		ArgsUsage: "FILE",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Category: categoryOutput,
			Usage: "one JSON object on standard output, with all photos"}},
		OnUsageError: usageError,
		Action:       bankInfo,
	}
}

func bankInfo(c *cli.Context) error {
	b, err := openNamedBank(c, "bank info product.musc")
	if err != nil {
		return err
	}
	defer b.Close()
	if c.Bool("json") {
		return json.NewEncoder(c.App.Writer).Encode(infoJSON(b.Path(), b.Header(), b.Bytes()))
	}
	return tellInfo(c.App.Writer, b.Path(), b.Header(), b.Bytes())
}

// infoJSON is {"event": "bank", "bank", "bytes"}, the header's fields, and the quantiles of the scores.
func infoJSON(path string, header *bank.Header, size int64) map[string]any {
	settings := header.Settings
	settings.ROI = nil // a picture is no information for scripts; its checksum is
	info := map[string]any{"event": "bank", "bank": path, "bytes": size, "format": header.Format,
		"id": header.ID, "version": header.Version, "created": header.Created, "model": header.Model,
		"settings": settings, "shape": header.Shape, "photos": header.Photos,
		"calibration": header.Calibration}
	if scores := header.Calibration.Scores; scores != nil {
		quantiles := map[string]float64{}
		for _, q := range quantilesTold {
			quantiles[fmt.Sprint(q)] = quantile(scores, q)
		}
		info["quantiles"] = quantiles
	}
	return info
}

// tellInfo prints a bank for people.
func tellInfo(w io.Writer, path string, header *bank.Header, size int64) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, arguments ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, arguments...))
	}
	settings, shape := &header.Settings, &header.Shape
	row("bank", "%s", plain.Name(path))
	row("id", "%s", header.ID)
	row("photos", "%d", len(header.Photos))
	row("size", "%s (%s a photo, %s)", features.FormatBytes(size),
		features.FormatBytes(size/int64(max(1, len(header.Photos)))), shape.Encoding)
	row("made", "%s by musc %s", header.Created.Format("2006-01-02 15:04:05 MST"), header.Version)
	row("model", "%s at %d pixels", header.Model.Name, header.Model.ImageSize)
	row("settings", "%s: stages %s, degrees %s, %s%s", settings.Preset, joinInts(settings.Stages),
		joinInts(settings.Degrees), scoringText(settings), framingText(header))
	tellCalibration(row, &header.Calibration)
	return table.Flush()
}

func joinInts(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
}

// scoringText says how photos are scored by a bank.
func scoringText(settings *bank.Settings) string {
	if settings.Nearest {
		return "by the nearest patch of all photos"
	}
	return fmt.Sprintf("by the interval %v,%v of the photos", settings.Interval.Low, settings.Interval.High)
}

// framingText says which part of photos is looked at, "" for all of it at once.
func framingText(header *bank.Header) (text string) {
	settings := &header.Settings
	if settings.Near > 0 {
		text += fmt.Sprintf(", near %d", settings.Near)
	}
	if header.Shape.Views > 1 {
		text += fmt.Sprintf(", %d views of each photo", header.Shape.Views)
	}
	if settings.ROISum != "" {
		text += ", with a region of interest"
	}
	if settings.Rotate {
		text += ", turned as EXIF says"
	}
	return text
}

// tellCalibration prints rows about thresholds and scores.
func tellCalibration(row func(name, format string, arguments ...any), of *bank.Calibration) {
	if of.Thresholds.Known() {
		row("threshold", "%.4g, review from %.4g (%s)", of.Thresholds.Threshold, of.Thresholds.Review,
			of.Thresholds.Method)
	} else {
		row("threshold", "unknown: %s", thresholdAdvice(of))
	}
	if of.FalseAlarms != nil {
		row("false alarms", "%s", alarmsText(of))
	}
	if of.Scores == nil {
		return
	}
	var texts []string
	for _, q := range quantilesTold {
		texts = append(texts, fmt.Sprintf("%s %.4g", quantileName(q), quantile(of.Scores, q)))
	}
	row("good photos score", "%s", strings.Join(texts, ", "))
}

// thresholdAdvice says why a bank has no threshold, and what to do.
func thresholdAdvice(of *bank.Calibration) string {
	switch {
	case of.Method == noThreshold:
		return "--threshold none was asked for"
	case len(of.Scores) > 0 && len(of.Scores)+len(of.LeftOut) < 10:
		return fmt.Sprintf("%d photos are too few to tell it from their scores; add good photos until there "+
			"are 10, or give --threshold N, above %.4g, which is the most that one scores", len(of.Scores),
			slices.Max(of.Scores))
	}
	return of.Thresholds.Why
}

// alarmsText says how many good photos would be called defective, and what to do if that is too many.
func alarmsText(of *bank.Calibration) string {
	alarms := of.FalseAlarms
	text := fmt.Sprintf("%d of %d good photos (%.1f %%) would be defective, and %d in review, each held "+
		"against the threshold of the others", alarms.Defective, alarms.Photos,
		100*float64(alarms.Defective)/float64(alarms.Photos), alarms.Review)
	if alarms.Defective*10 > alarms.Photos {
		text += fmt.Sprintf("; the odd ones among them look like defects: --threshold %.4g calls none of "+
			"them so", 1.001*slices.Max(slices.Concat(of.Scores, of.LeftOut)))
	}
	return text
}

var quantilesTold = []float64{0, 0.1, 0.5, 0.9, 1}

func quantileName(q float64) string {
	switch q {
	case 0:
		return "least"
	case 0.5:
		return "median"
	case 1:
		return "most"
	}
	return fmt.Sprintf("%.0f %%", 100*q)
}

// quantile is that of values, with linear interpolation.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	position := q * float64(len(sorted)-1)
	low := int(math.Floor(position))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (position-float64(low))*(sorted[high]-sorted[low])
}

// tellChange says what became of a bank.
func tellChange(c *cli.Context, path string, change *engine.BankChange) error {
	if c.Bool("json") {
		info := infoJSON(path, change.Header, change.Bytes)
		info["event"], info["added"], info["removed"] = "done", len(change.Added), len(change.Removed)
		info["left_out"], info["doubts"] = len(change.Skipped), append([]string{}, change.Doubts...)
		return json.NewEncoder(c.App.Writer).Encode(info)
	}
	for _, doubt := range change.Doubts {
		fmt.Fprintf(c.App.ErrWriter, "%s\n", doubt)
	}
	w := c.App.Writer
	fmt.Fprintf(w, "%d photos added, %d taken out, %d left out\n", len(change.Added), len(change.Removed),
		len(change.Skipped))
	return tellInfo(w, path, change.Header, change.Bytes)
}

// tellThinning says what a thinned bank is, and what that costs.
func tellThinning(c *cli.Context, path string, of *engine.Thinning) error {
	most := 0.0
	if len(of.LeftOut) > 0 {
		most = slices.Max(of.LeftOut)
	}
	over := func(scores []float64, by *bank.Calibration) (count int) {
		for _, score := range scores {
			if by.Thresholds.Known() && score >= by.Thresholds.Threshold {
				count++
			}
		}
		return count
	}
	if c.Bool("json") {
		info := infoJSON(path, of.Change.Header, of.Change.Bytes)
		info["event"], info["removed"] = "thinned", of.Change.Removed
		info["bytes_before"], info["calibration_before"] = of.BytesBefore, of.Before
		info["left_out_scores"], info["left_out_scores_before"] = of.LeftOut, of.LeftOutBefore
		return json.NewEncoder(c.App.Writer).Encode(info)
	}
	w := c.App.Writer
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tbefore\tafter")
	row := func(name string, before, after string) { fmt.Fprintf(table, "%s\t%s\t%s\n", name, before, after) }
	kept := len(of.Change.Header.Photos)
	row("photos", fmt.Sprint(kept+len(of.LeftOut)), fmt.Sprint(kept))
	row("size", features.FormatBytes(of.BytesBefore), features.FormatBytes(of.Change.Bytes))
	row("threshold", levelText(&of.Before), levelText(&of.After))
	row("median score of good photos", medianText(of.Before.Scores), medianText(of.After.Scores))
	row("false alarms, leave one out", shareText(of.Before.FalseAlarms), shareText(of.After.FalseAlarms))
	row("median score of those left out", medianText(of.LeftOutBefore), medianText(of.LeftOut))
	row("of those, called defective", fmt.Sprintf("%d of %d", over(of.LeftOutBefore, &of.Before), len(of.LeftOut)),
		fmt.Sprintf("%d of %d", over(of.LeftOut, &of.After), len(of.LeftOut)))
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "the %d left out are good photos that the thinned bank has not seen: the one it finds "+
		"oddest scores %.4g\n", len(of.LeftOut), most)
	return tellInfo(w, path, of.Change.Header, of.Change.Bytes)
}

func levelText(of *bank.Calibration) string {
	if !of.Thresholds.Known() {
		return "unknown"
	}
	return fmt.Sprintf("%.4g", of.Thresholds.Threshold)
}

func medianText(scores []float64) string {
	if len(scores) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4g", quantile(scores, 0.5))
}

func shareText(of *bank.FalseAlarms) string {
	if of == nil {
		return "unknown"
	}
	return fmt.Sprintf("%d of %d", of.Defective, of.Photos)
}
