package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
	"musc/engine/plain"
	"musc/engine/results"
)

// topFlag is for commands that tell what a batch's scores are.
func topFlag() cli.Flag {
	return &cli.IntFlag{Name: "top", Category: categoryOutput, Value: 10,
		Usage: "how many of the most anomalous images to list at the end"}
}

// tellResult tells it as the options say.
func tellResult(c *cli.Context, result *engine.Result, output string) error {
	logResult(logOf(c.App), result, output)
	if c.Bool("json") {
		return tellJSON(c.App.Writer, result, output)
	}
	return tell(c.App.Writer, result, output, c.Int("top"))
}

// tell prints the most anomalous images, the AUROC if the manifest had labels, the time of each
// step and where the results are.
func tell(w io.Writer, result *engine.Result, output string, top int) error {
	ranked := slices.Clone(result.Images)
	slices.SortFunc(ranked, func(a, b engine.Image) int { return a.Rank - b.Rank })
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	labels, whyNot := labelsOf(result.Images)
	rescored := slices.ContainsFunc(ranked, func(i engine.Image) bool { return i.Score != i.ScoreBefore })
	writeRow := func(rank, score, before, verdict, name, label string) {
		cells := []string{rank, score}
		if rescored {
			cells = append(cells, before)
		}
		if result.Thresholds.Known() {
			cells = append(cells, verdict)
		}
		cells = append(cells, name)
		if labels != nil {
			cells = append(cells, label)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	writeRow("rank", "score", "before RsCIN", "verdict", "image", "label")
	for _, image := range ranked[:min(max(top, 0), len(ranked))] {
		writeRow(strconv.Itoa(image.Rank), fmt.Sprintf("%.4f", image.Score),
			fmt.Sprintf("%.4f", image.ScoreBefore), string(result.Thresholds.Of(image.ScoreBefore)),
			plain.Name(image.Name), plain.Name(image.Label))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if auroc, ok := aurocOf(result.Images, labels); ok {
		fmt.Fprintf(w, "image AUROC against the manifest's labels: %.4f\n", auroc)
	} else if whyNot != "" {
		fmt.Fprintf(w, "no image AUROC against the manifest's labels: %s\n", whyNot)
	}
	tellVerdicts(w, result)
	fmt.Fprintf(w, "%d images scored, %d left out;", len(result.Images), len(result.Skipped))
	for _, timing := range result.Timings {
		fmt.Fprintf(w, " %s %.1f s", timing.Step, timing.Seconds)
	}
	fmt.Fprintf(w, "\nscores: %s\n", filepath.Join(output, results.ScoresFile))
	for _, name := range []string{results.DefectsFile, results.MasksFolder, results.ExportFolder,
		results.MapsFolder, results.OverlaysFolder, results.OverviewFile, results.ReportFile} {
		path := filepath.Join(output, name)
		if _, err := os.Stat(path); err == nil {
			fmt.Fprintf(w, "%s: %s\n", name, path)
		}
	}
	return nil
}

// tellJSON writes one JSON object a line:
//
//	{"event": "image", "image", "path", "score", "score_before_rscin", "rank", "subset", "verdict"}
//	         for each image, in the order of the job; the verdict is "" where there are no thresholds
//	{"event": "finding", "kind", "text"}      for each that speaks against the batch
//	{"event": "done", "output", "images", "left_out", "timings", "thresholds", "verdicts",
//	         "image_auroc" or "no_image_auroc"}   once, the last ones only where they are known
func tellJSON(w io.Writer, result *engine.Result, output string) error {
	encoder := json.NewEncoder(w)
	for _, image := range result.Images {
		if err := encoder.Encode(map[string]any{
			"event": "image", "image": image.Name, "path": image.Path, "score": image.Score,
			"score_before_rscin": image.ScoreBefore, "rank": image.Rank, "subset": image.Subset,
			"verdict": result.Thresholds.Of(image.ScoreBefore),
		}); err != nil {
			return err
		}
	}
	for _, finding := range result.Findings {
		if err := encoder.Encode(map[string]any{"event": "finding", "kind": finding.Kind,
			"text": finding.Text}); err != nil {
			return err
		}
	}
	return encoder.Encode(doneEvent(result, output))
}

// doneEvent is the last of tellJSON's.
func doneEvent(result *engine.Result, output string) map[string]any {
	done := map[string]any{"event": "done", "output": output, "images": len(result.Images),
		"left_out": len(result.Skipped), "timings": result.Timings}
	if result.Thresholds.Method != "" {
		done["thresholds"], done["verdicts"] = result.Thresholds, result.Verdicts()
	}
	labels, whyNot := labelsOf(result.Images)
	if auroc, ok := aurocOf(result.Images, labels); ok {
		done["image_auroc"] = auroc
	} else if whyNot != "" {
		done["no_image_auroc"] = whyNot
	}
	return done
}

// labelsOf returns a label an image (true is defective), nil if the manifest has none, or not for
// every image; whyNot is then what a reader of its labels should know.
func labelsOf(images []engine.Image) (labels []bool, whyNot string) {
	labels = make([]bool, len(images))
	missing := 0
	for i, image := range images {
		if image.Label == "" {
			missing++
			continue
		}
		label, err := labelled.ParseLabel(image.Label)
		if err != nil {
			return nil, err.Error()
		}
		labels[i] = label != labelled.Good
	}
	switch missing {
	case 0:
		return labels, ""
	case len(images):
		return nil, ""
	}
	return nil, fmt.Sprintf("%d of %d images have no label", missing, len(images))
}

func aurocOf(images []engine.Image, labels []bool) (float64, bool) {
	if labels == nil {
		return 0, false
	}
	scores := make([]float64, len(images))
	for i, image := range images {
		scores[i] = image.Score
	}
	auroc, err := metrics.AUROC(labels, scores)
	return auroc, err == nil // labels of one class only have none
}
