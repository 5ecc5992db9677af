package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/atomicfile"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/models"
)

// Categories under which --help groups the options.
const (
	categoryMethod  = "METHOD (defaults are the paper's)"
	categoryModel   = "MODEL"
	categoryInput   = "INPUT"
	categoryOutput  = "OUTPUT"
	categoryMachine = "MACHINE"
)

// scoringFlags are the parameters of mutual scoring that every command with patch tokens takes, the
// paper's unless they are given. They have the heading of that category.
func scoringFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.IntSliceFlag{Name: "degrees", Category: category,
			Usage: "LNAMD: odd window sizes `R,R,...` in patches", Value: cli.NewIntSlice(1, 3, 5)},
		&cli.StringFlag{Name: "interval", Category: category, Value: "0,0.3",
			Usage: "MSM: the part `LOW,HIGH` of the sorted distances that counts"},
		&cli.StringFlag{Name: "average", Category: category, Value: "mean",
			Usage: "MSM: `mean`, min or max over the interval"},
		&cli.BoolFlag{Name: "references-only", Category: category,
			Usage: "MuSc+: only the reference images score, the nearest one counts"},
	}
}

// machineFlags bound what a command may take of the machine.
func machineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "threads", Category: categoryMachine, DefaultText: "one a processor",
			Usage: "threads to compute with"},
		&cli.StringFlag{Name: "memory", Category: categoryMachine,
			Usage: "bound on the process's memory, as `256M` or 2G; what does not fit is spilled to " +
				"disk (default: half of what is available)"},
		&cli.StringFlag{Name: "vram", Category: categoryMachine,
			Usage: "bound on the GPU's memory for mutual scoring, as `2G`; the scores stay the same " +
				"(default: most of what is free)"},
	}
}

// batchFlags say how a batch of images is scored; score and eval share them. Category is as above.
func batchFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.IntSliceFlag{Name: "stages", Category: category,
			Usage: "stages of the backbone to use, from 1 to 4", Value: cli.NewIntSlice(1, 2, 3, 4)},
		&cli.IntFlag{Name: "subsets", Aliases: []string{"s"}, Category: category, Value: 1,
			Usage: "score in this many subsets, separately: less time and memory"},
		&cli.IntFlag{Name: "map-size", Category: category, DefaultText: "the model's input",
			Usage: "side of the anomaly map whose maximum is the image's score"},
		&cli.IntFlag{Name: "bits", Category: categoryInput, DefaultText: "the fewest that hold them all",
			Usage: "photos of more than 8 bits a sample: how many `BITS` they use, 8, 10, 12, 14 or 16"},
		batchFlag(),
	}
}

func batchFlag() cli.Flag {
	return &cli.IntFlag{Name: "batch", Category: categoryMachine,
		DefaultText: "as many as make 1024 patches, for a single thread 256, on a GPU 8192", Usage: "images a run of the backbone"}
}

// outputFlags say how a command talks.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "json", Category: categoryOutput,
			Usage: "one JSON object a line on standard output, for scripts"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Category: categoryOutput,
			Usage: "no progress, only warnings and results"},
	}
}

// configOf reads scoringFlags, batchFlags and the machine's part into a job without images. What is
// not given is the preset's.
func configOf(c *cli.Context, preset models.Preset) (job engine.Config, err error) {
	if job, err = machineOf(c); err != nil {
		return job, err
	}
	if job.Scoring, err = scoringOf(c, preset); err != nil {
		return job, err
	}
	if c.IsSet("stages") {
		job.Scoring.Stages = c.IntSlice("stages")
	}
	job.Scoring.Subsets, job.Scoring.Seed = c.Int("subsets"), c.Int64("seed")
	job.Scoring.MapSize, job.Bits = c.Int("map-size"), c.Int("bits")
	if c.IsSet("bits") && job.Bits == 0 {
		return job, fault.New(fault.Usage, "--bits 0 is no depth; 8, 10, 12, 14 and 16 are")
	}
	return job, nil
}

// machineOf reads machineFlags, --device and --batch.
func machineOf(c *cli.Context) (job engine.Config, err error) {
	job.Threads, job.Batch = c.Int("threads"), c.Int("batch")
	if job.Memory, err = parseBytes(c.String("memory")); err != nil {
		return job, err
	}
	if job.DeviceMemory, err = parseBytes(c.String("vram")); err != nil {
		return job, err
	}
	job.SelfTest = selfTestChild()
	job.Device, err = device.Parse(c.String("device"))
	return job, err
}

// scoringOf reads scoringFlags into the engine's parameters. What is not given is the preset's.
func scoringOf(c *cli.Context, preset models.Preset) (engine.Scoring, error) {
	scoring := engine.Defaults()
	scoring.Stages, scoring.Degrees, scoring.Windows = preset.Stages, preset.Degrees, preset.Windows
	scoring.Interval = mutual.Interval{Low: preset.Interval[0], High: preset.Interval[1]}
	scoring.ReferencesOnly = c.Bool("references-only")
	if c.IsSet("degrees") {
		scoring.Degrees = c.IntSlice("degrees")
	}
	var err error
	if c.IsSet("interval") {
		if scoring.Interval, err = parseInterval(c.String("interval")); err != nil {
			return scoring, err
		}
	}
	scoring.Average, err = parseAverage(c.String("average"))
	return scoring, err
}

func parseInterval(text string) (mutual.Interval, error) {
	low, high, found := strings.Cut(text, ",")
	from, errLow := strconv.ParseFloat(strings.TrimSpace(low), 64)
	to, errHigh := strconv.ParseFloat(strings.TrimSpace(high), 64)
	if !found || errLow != nil || errHigh != nil {
		return mutual.Interval{}, fault.New(fault.Usage,
			"--interval %q is not two numbers from 0 to 1, such as 0,0.3", text)
	}
	return mutual.Interval{Low: from, High: to}, nil
}

func parseAverage(text string) (mutual.Average, error) {
	for _, average := range []mutual.Average{mutual.Mean, mutual.Min, mutual.Max} {
		if average.String() == text {
			return average, nil
		}
	}
	return 0, fault.New(fault.Usage, "--average %q is not one of mean, min, max", text)
}

// parseBytes reads a size such as 262144, 256M, 1.5G or 2GiB; the units are powers of 1024. An
// empty text is 0: the default.
func parseBytes(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number := strings.ToUpper(strings.TrimSpace(text))
	number = strings.TrimSuffix(strings.TrimSuffix(number, "B"), "I")
	unit := 1.0
	if last := len(number) - 1; last > 0 {
		if power := strings.IndexByte("KMGT", number[last]); power >= 0 {
			unit = math.Pow(1024, float64(power+1))
			number = number[:last]
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !(value > 0) || value*unit > math.MaxInt64/2 {
		return 0, fault.New(fault.Usage, "%q is not a size; write it as 256M or 2G", text)
	}
	return int64(value * unit), nil
}

// parseGrid reads patch rows and columns, such as 37x37.
func parseGrid(text string) (height, width int, err error) {
	rows, columns, _ := strings.Cut(strings.ToLower(text), "x")
	height, errRows := strconv.Atoi(rows)
	width, errColumns := strconv.Atoi(columns)
	if errRows != nil || errColumns != nil || height < 1 || width < 1 {
		return 0, 0, fault.New(fault.Usage, "--grid %q is not ROWSxCOLUMNS, such as 37x37", text)
	}
	return height, width, nil
}

// require returns the value of an option without which a command cannot start.
func require(c *cli.Context, name, example string) (string, error) {
	if value := c.String(name); value != "" {
		return value, nil
	}
	return "", fault.New(fault.Usage, "musc %s needs --%s, as in: %s", c.Command.Name, name,
		fmt.Sprintf("musc %s", example))
}

// overwriteFlag is for commands that write one file.
func overwriteFlag() cli.Flag {
	return &cli.BoolFlag{Name: "overwrite", Category: categoryOutput,
		Usage: "replace the file that is there"}
}

// outputFile is --output of a command that writes one file, "-" being standard output. It is none
// of the files that the options named inputs give, and replaces one only with --overwrite.
func outputFile(c *cli.Context, example string, inputs ...string) (string, error) {
	output, err := require(c, "output", example)
	if err != nil {
		return "", err
	}
	if output == "-" {
		output = "/dev/stdout"
	}
	var files []string
	for _, name := range inputs {
		if one, ok := c.Value(name).(string); ok {
			files = append(files, one)
		} else {
			files = append(files, c.StringSlice(name)...)
		}
	}
	return output, atomicfile.Check(output, c.Bool("overwrite"), files...)
}

// withoutFalse keeps the help texts from saying "(default: false)" of every switch, and "help" and "h"
// from being commands beneath others: folders may have these names, as in musc score h -o out.
func withoutFalse(commands []*cli.Command) []*cli.Command {
	for _, command := range commands {
		command.HideHelpCommand = true
		for _, flag := range command.Flags {
			if option, ok := flag.(*cli.BoolFlag); ok {
				option.DisableDefaultText = true
			}
		}
		withoutFalse(command.Subcommands)
	}
	return commands
}
