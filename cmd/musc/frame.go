package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/tasks"
)

const categoryFrame = "WHAT IS LOOKED AT"

// frameFlags say which part of each photo is looked at, and how; score, plan, eval and bank build share
// them.
func frameFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "roi", Category: categoryFrame,
			Usage: "`MASK`, a picture that is white where photos are looked at, or a folder of them named as " +
				"the photos; nothing else takes part"},
		&cli.StringFlag{Name: "crop", Category: categoryFrame,
			Usage: "look at this part of every photo only: `X,Y,W,H` in pixels"},
		&cli.BoolFlag{Name: "keep-aspect", Category: categoryFrame,
			Usage: "letterbox photos instead of squashing them to a square; the padding takes no part"},
		&cli.StringFlag{Name: "tiles", Category: categoryFrame,
			Usage: "divide photos into `ROWSxCOLUMNS` tiles, each at the model's size, or auto: for small " +
				"defects in large photos"},
		&cli.IntFlag{Name: "tile-overlap", Category: categoryFrame, Value: frame.DefaultOverlap,
			Usage: "how many `PATCHES` neighbouring tiles share"},
		&cli.StringFlag{Name: "tile-scope", Category: categoryFrame, Value: "same",
			Usage: "compare a tile with that at the `same` place of the other photos, or with all"},
		&cli.IntFlag{Name: "rotations", Category: categoryFrame, DefaultText: "1, as it lies",
			Usage: "for parts that lie at any angle: compare with the other photos at `K` turns, the nearest " +
				"counts"},
		&cli.IntFlag{Name: "near", Category: categoryFrame, DefaultText: "all",
			Usage: "for fixed cameras: compare a patch only with those at most `R` rows and columns away"},
	}
}

// frameOf reads frameFlags into a job whose other options are read already.
func frameOf(c *cli.Context, job *engine.Config) (err error) {
	of := &job.Frame
	if text := c.String("crop"); text != "" {
		if of.Crop, err = frame.ParseCrop(text); err != nil {
			return err
		}
	}
	if of.KeepAspect = c.Bool("keep-aspect"); c.String("tiles") != "" {
		if of.Tiles, err = frame.ParseTiles(c.String("tiles")); err != nil {
			return err
		}
	}
	tiled := of.Tiles != (frame.Tiles{})
	for _, name := range []string{"tile-overlap", "tile-scope"} {
		if c.IsSet(name) && !tiled {
			return fault.New(fault.Usage, "--%s goes with --tiles of more than one, such as --tiles 2x3", name)
		}
	}
	if tiled {
		of.Tiles.Overlap = c.Int("tile-overlap")
	}
	switch scope := c.String("tile-scope"); scope {
	case "same":
	case "all":
		of.Tiles.All = tiled
	default:
		return fault.New(fault.Usage, "--tile-scope %q is not one of same, all", scope)
	}
	if of.Turns = c.Int("rotations"); c.IsSet("rotations") && of.Turns < 1 {
		return fault.New(fault.Usage, "--rotations is at least 1, the photo as it lies, not %d", of.Turns)
	}
	if of.Turns == 1 {
		of.Turns = 0
	}
	if job.Scoring.Near = c.Int("near"); c.IsSet("near") && job.Scoring.Near < 1 {
		return fault.New(fault.Usage, "--near is at least 1, the neighbouring patches, not %d; leave it out "+
			"to compare all", job.Scoring.Near)
	}
	if path := c.String("roi"); path != "" {
		job.ROI, err = frame.ReadROI(path, job.Decode)
	}
	return err
}

// roiOf is the region of interest of a job as its plan names it; nil without, or if it is the bank's.
func roiOf(job *engine.Config) *tasks.ROI {
	if job.ROI == nil || job.Bank != nil {
		return nil
	}
	return &tasks.ROI{Path: job.ROI.Path(), SHA256: job.ROI.SHA256()}
}

// frameCosts say what the framing of a plan costs.
func frameCosts(plan *tasks.Plan) string {
	var model frame.Model
	if info, err := backbone.Describe(plan.Model.Path); err == nil { // else it is told when it is opened
		model = engine.FrameModel(&info)
	}
	costs := engine.FrameCosts(&plan.Frame, &plan.Scoring, model)
	if plan.ROI != nil {
		costs = append(costs, "a region of interest: what is outside takes no part")
	}
	if len(costs) == 0 {
		return ""
	}
	return "; " + strings.Join(costs, "; ")
}
