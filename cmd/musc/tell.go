package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"musc/engine"
	"musc/engine/evaluation/metrics"
)

// tell prints the most anomalous images, the AUROC if the manifest had labels, the time of each
// step and where the results are.
func tell(w io.Writer, result *engine.Result, output string, top int) error {
	ranked := slices.Clone(result.Images)
	slices.SortFunc(ranked, func(a, b engine.Image) int { return a.Rank - b.Rank })
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	labels := labelsOf(result.Images)
	fmt.Fprint(table, "rank\tscore\tbefore RsCIN\timage")
	if labels != nil {
		fmt.Fprint(table, "\tlabel")
	}
	fmt.Fprintln(table)
	for _, image := range ranked[:min(max(top, 0), len(ranked))] {
		fmt.Fprintf(table, "%d\t%.4f\t%.4f\t%s", image.Rank, image.Score, image.ScoreBefore, image.Name)
		if labels != nil {
			fmt.Fprintf(table, "\t%s", image.Label)
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if auroc, ok := aurocOf(result.Images, labels); ok {
		fmt.Fprintf(w, "image AUROC against the manifest's labels: %.4f\n", auroc)
	}
	fmt.Fprintf(w, "%d images scored, %d left out;", len(result.Images), len(result.Skipped))
	for _, timing := range result.Timings {
		fmt.Fprintf(w, " %s %.1f s", timing.Step, timing.Seconds)
	}
	fmt.Fprintf(w, "\nscores: %s\n", filepath.Join(output, "scores.csv"))
	for _, name := range []string{"maps", "overlays", "overview.png"} {
		path := filepath.Join(output, name)
		if _, err := os.Stat(path); err == nil {
			fmt.Fprintf(w, "%s: %s\n", name, path)
		}
	}
	return nil
}

// tellJSON writes an "image" event for each image in the order of the job, then a "done" event.
func tellJSON(w io.Writer, result *engine.Result, output string) error {
	encoder := json.NewEncoder(w)
	for _, image := range result.Images {
		if err := encoder.Encode(map[string]any{
			"event": "image", "image": image.Name, "path": image.Path, "score": image.Score,
			"score_before_rscin": image.ScoreBefore, "rank": image.Rank, "subset": image.Subset,
		}); err != nil {
			return err
		}
	}
	done := map[string]any{"event": "done", "output": output, "images": len(result.Images),
		"left_out": len(result.Skipped), "timings": result.Timings}
	if auroc, ok := aurocOf(result.Images, labelsOf(result.Images)); ok {
		done["image_auroc"] = auroc
	}
	return encoder.Encode(done)
}

// labelsOf returns a label an image (true is defective) if the manifest gave every image one that
// reads as good or defective, else nil.
func labelsOf(images []engine.Image) []bool {
	labels := make([]bool, len(images))
	for i, image := range images {
		switch image.Label {
		case "0", "good", "normal":
		case "1", "defective", "anomaly", "bad":
			labels[i] = true
		default:
			return nil
		}
	}
	return labels
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
