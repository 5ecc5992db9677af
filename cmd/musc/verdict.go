package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/export"
	"musc/engine/fault"
	"musc/engine/tasks"
	"musc/engine/verdict"
)

// noThreshold is the --threshold without verdicts.
const noThreshold = "none"

const categoryVerdict = "VERDICTS AND REPORT"

// verdictFlags say how a scored batch is decided and shown; score and plan share them.
func verdictFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "threshold", Category: categoryVerdict, Value: "auto",
			Usage: "`HOW` images are called defective, by their score before RsCIN: auto, from the lower " +
				"tail of the batch's own scores, with --bank those of the bank; a number; two, such as 0.35,0.32, to review from the second " +
				"on; rate:5%, so many of the photos; labels:FILE, a CSV of some labelled photos; or none"},
		&cli.StringFlag{Name: "shared", Category: categoryVerdict, Value: engine.SharedWarn,
			Usage: "a defect that photos share: `warn`; exclude, so that they do not score each other; " +
				"trust only the least anomalous half to score; or off"},
		&cli.StringFlag{Name: "export", Category: categoryVerdict,
			Usage: "defects for other tools, in OUT/export: any of `" + export.Names() + "`"},
		&cli.BoolFlag{Name: "no-masks", Category: categoryVerdict, Usage: "write no masks of defects"},
		&cli.BoolFlag{Name: "no-report", Category: categoryVerdict, Usage: "write no report.html"},
	}
}

// decide reads verdictFlags into the settings of a plan.
func decide(c *cli.Context, settings *tasks.Settings) (err error) {
	if settings.Threshold, settings.Labels, err = verdict.Parse(c.String("threshold")); err != nil {
		return err
	}
	if settings.Bank != nil && !c.IsSet("threshold") {
		settings.Threshold = tasks.BankThreshold
	}
	settings.Export = c.String("export")
	if _, err = export.Parse(settings.Export); err != nil {
		return err
	}
	if settings.Threshold == noThreshold {
		if settings.Export != "" {
			return fault.New(fault.Usage, "--export writes defects, and with --threshold none there are "+
				"none; leave one of them out")
		}
		if c.String("fail-on") != "" {
			return fault.New(fault.Usage, "--fail-on goes by verdicts, and with --threshold none there are "+
				"none; leave one of them out")
		}
	}
	if settings.Scoring.Shared = c.String("shared"); settings.Scoring.Shared == "off" || settings.Bank != nil {
		settings.Scoring.Shared = engine.SharedOff
	}
	settings.Masks, settings.Report = !c.Bool("no-masks"), !c.Bool("no-report")
	_, err = failOn(c)
	return err
}

// failOnFlag is for commands that end with a batch's verdicts.
func failOnFlag() cli.Flag {
	return &cli.StringFlag{Name: "fail-on", Category: categoryVerdict,
		Usage: "for scripts: exit with code 7 if a photo is `defective`; with review, also if one is to be " +
			"reviewed"}
}

// failOn are the verdicts that fail a command; none unless asked for.
func failOn(c *cli.Context) ([]verdict.Verdict, error) {
	switch text := c.String("fail-on"); text {
	case "":
		return nil, nil
	case string(verdict.Defective):
		return []verdict.Verdict{verdict.Defective}, nil
	case string(verdict.Review):
		return []verdict.Verdict{verdict.Defective, verdict.Review}, nil
	default:
		return nil, fault.New(fault.Usage, "--fail-on %q is not one of defective, review", text)
	}
}

// errDecided is returned by a command that did its work, and found what --fail-on asks for.
var errDecided = errors.New("photos are defective")

// outcome is how a command that scored a batch ends: by what it found, by what it left out.
func outcome(c *cli.Context, result *engine.Result) error {
	verdicts, err := failOn(c)
	if err != nil {
		return err
	}
	if len(verdicts) > 0 && !result.Thresholds.Known() {
		return fault.New(fault.Input, "--fail-on cannot be answered: %s; the scores are written all the "+
			"same", result.Thresholds.Why)
	}
	for _, image := range result.Images {
		if slices.Contains(verdicts, result.Thresholds.Of(image.ScoreBefore)) {
			return errDecided
		}
	}
	if len(result.Skipped) > 0 {
		return errSkipped
	}
	return nil
}

// tellVerdicts prints what was decided and what that assumes, then what speaks against the batch.
func tellVerdicts(w io.Writer, result *engine.Result) {
	switch t := &result.Thresholds; {
	case t.Method == "" || t.Method == noThreshold:
	case !t.Known():
		fmt.Fprintf(w, "verdicts: none: %s\n", t.Why)
	default:
		counts := result.Verdicts()
		fmt.Fprintf(w, "verdicts: %d defective (score before RsCIN from %.4f on)", counts[verdict.Defective],
			t.Threshold)
		if t.Review < t.Threshold {
			fmt.Fprintf(w, ", %d to review (from %.4f on)", counts[verdict.Review], t.Review)
		}
		fmt.Fprintf(w, ", %d good; by --threshold %s\n", counts[verdict.Good], t.Method)
		for _, note := range t.Notes {
			fmt.Fprintf(w, "  %s\n", note)
		}
	}
	for _, finding := range result.Findings {
		fmt.Fprintf(w, "look at the batch: %s\n", strings.ReplaceAll(finding.Text, "\n", " "))
	}
}
