package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/tasks"
	"musc/models"
	"musc/models/build"
)

// bankFlag is for commands that score by a bank.
func bankFlag() cli.Flag {
	return &cli.StringFlag{Name: "bank", Category: categoryInput,
		Usage: "score each photo by the good ones in this `FILE` alone (musc bank build), with its settings and " +
			"thresholds"}
}

// besideBank are options that a job by a bank cannot have, and why.
var besideBank = map[string]string{
	"reference":       "the photos of the bank are the references; musc bank add puts more into it",
	"references-only": "by a bank only its photos score anyway",
	"subsets":         "photos that are scored by a bank do not score each other",
	"subset-size":     "photos that are scored by a bank do not score each other",
	"seed":            "photos that are scored by a bank are not dealt into subsets",
	"interval":        "the bank has it", "average": "the bank has it", "preset": "the bank has its settings",
	"windows": "RsCIN compares the photos of a batch, and a score by a bank must not depend on the batch",
	"roi":     "the bank has its mask; build another bank with --roi",
	"bits":    "the bank says how deep photos are scaled",
}

// openBank opens the bank that is asked for, nil without, and refuses options that go against it: those of
// besideBank, and those that the bank has with another value.
func openBank(c *cli.Context) (*bank.Bank, error) {
	path := c.String("bank")
	if path == "" {
		if c.IsSet("bank") {
			return nil, fault.New(fault.Usage, "--bank needs a file, as in: musc score photos/ -o out --bank "+
				"product.musc")
		}
		return nil, nil
	}
	for _, name := range c.FlagNames() {
		if why, is := besideBank[name]; is && c.IsSet(name) {
			return nil, fault.New(fault.Usage, "--%s does not go with --bank: %s; leave one of the two out", name,
				why)
		}
	}
	if shared := c.String("shared"); c.IsSet("shared") && shared != "warn" && shared != "off" {
		return nil, fault.New(fault.Usage, "--shared %s does not go with --bank: photos that are scored by a "+
			"bank do not score each other; leave one of the two out", shared)
	}
	b, err := bank.Open(path)
	if err != nil {
		return nil, err
	}
	if err := sameModel(c, b); err != nil {
		b.Close()
		return nil, err
	}
	own := bankOptions(b)
	for _, name := range c.FlagNames() {
		value, is := own[name]
		if given := givenOption(c, name); is && c.IsSet(name) && given != value {
			b.Close() // nothing is read of it any more
			if value == "" {
				value = "none"
			}
			return nil, fault.New(fault.Usage, "--%s %s goes against the bank %s, which was built with %s; leave "+
				"it out, or build another bank with it", name, given, path, value)
		}
	}
	return b, nil
}

// sameModel refuses another model by its name. Whether the files are the same is seen when they are opened.
func sameModel(c *cli.Context, b *bank.Bank) error {
	name := c.String("model")
	if !c.IsSet("model") || isGraph(name) {
		return nil
	}
	spec, err := models.Lookup(name)
	if err == nil && spec.Name != b.Header().Model.Name {
		err = fault.New(fault.Usage, "--model %s goes against the bank %s, which was built with %s; leave it "+
			"out, or build another bank with it", name, b.Path(), b.Header().Model.Name)
	}
	return err
}

// bankOptions are the settings of a bank as options.
func bankOptions(b *bank.Bank) map[string]string {
	of := &b.Header().Settings
	options := map[string]string{"stages": listed(of.Stages), "degrees": listed(of.Degrees),
		"near": positive(of.Near), "map-size": positive(of.MapSize), "crop": of.Frame.Crop.String(),
		"keep-aspect": strconv.FormatBool(of.Frame.KeepAspect), "rotate": strconv.FormatBool(of.Rotate),
		"rotations": strconv.Itoa(max(of.Frame.Turns, 1)), "tiles": of.Frame.Tiles.String(),
		"tile-overlap": strconv.Itoa(of.Frame.Tiles.Overlap), "tile-scope": "same",
		"image-size": strconv.Itoa(b.Header().Model.ImageSize)}
	if of.Frame.Tiles.All {
		options["tile-scope"] = "all"
	}
	return options
}

// givenOption is the value of an option as bankOptions has it.
func givenOption(c *cli.Context, name string) string {
	switch value := c.Value(name).(type) {
	case cli.IntSlice:
		return listed(value.Value())
	case *cli.IntSlice:
		return listed(value.Value())
	default:
		return strings.ReplaceAll(fmt.Sprint(value), " ", "")
	}
}

func listed(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ",")
}

func positive(number int) string {
	if number == 0 {
		return ""
	}
	return strconv.Itoa(number)
}

// withBank makes a request one by a bank.
func withBank(request *tasks.Request, job *engine.Config, b *bank.Bank) (err error) {
	if *job, err = job.WithBank(b); err != nil {
		return err
	}
	header := b.Header()
	path, err := filepath.Abs(b.Path())
	if err != nil {
		return fault.New(fault.Input, "cannot tell where the bank %s is: %w; give its whole path", b.Path(), err)
	}
	request.Preset = "of the bank"
	request.Bank = &tasks.Bank{Path: path, ID: header.ID, Depth: header.Settings.Depth,
		Thresholds: header.Calibration.Thresholds}
	request.References = engine.BankItems(b)
	return nil
}

// inspectorJob is the job of a command that scores single photos by a bank, which the caller closes.
func inspectorJob(c *cli.Context, path string) (b *bank.Bank, job engine.Config, err error) {
	if job, err = machineOf(c); err != nil {
		return nil, job, err
	}
	job.Decode.MaxPixels = c.Int("max-pixels") // 0 is the bank's
	if b, err = bank.Open(path); err != nil {
		return nil, job, err
	}
	if job, err = job.WithBank(b); err == nil {
		job.Model, job.Library, err = bankBackbone(c, b, backboneOf)
	}
	if err != nil {
		b.Close()
		return nil, job, err
	}
	return b, job, nil
}

// bankBackbone is backboneOf for the model of a bank, unless another is asked for: in the precision in which
// the bank has it.
func bankBackbone(c *cli.Context, b *bank.Bank, backbone func(*cli.Context) (_, _ string, _ error)) (
	graph, library string, err error) {

	model := &b.Header().Model
	for name, value := range map[string]string{"model": model.Name,
		"image-size": strconv.Itoa(model.ImageSize)} {
		if !c.IsSet(name) && !(name == "image-size" && isGraph(c.String("model"))) {
			if err := c.Set(name, value); err != nil {
				return "", "", err
			}
		}
	}
	graph, library, err = backbone(c)
	if err != nil || c.IsSet("precision") || isGraph(c.String("model")) {
		return graph, library, err
	}
	for _, precision := range []build.Precision{build.Float32, build.Float16} {
		files, err := engine.Identify(graph)
		if err != nil || slices.Equal(report.Sums(files), model.Sums) {
			return graph, library, err
		}
		if err := c.Set("precision", string(precision)); err != nil {
			return "", "", err
		}
		if other, _, err := backbone(c); err == nil {
			if files, err := engine.Identify(other); err == nil && slices.Equal(report.Sums(files), model.Sums) {
				return other, library, nil
			}
		}
	}
	return graph, library, nil
}

func isGraph(model string) bool { return strings.EqualFold(filepath.Ext(model), ".onnx") }
