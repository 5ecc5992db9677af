package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
)

func datasetCommand() *cli.Command {
	return &cli.Command{
		Name:  "dataset",
		Usage: "look into a labelled data set",
		Subcommands: []*cli.Command{{
			Name:      "check",
			Usage:     "say what a data set holds and what is wrong with it",
			ArgsUsage: "DATASET",
			Description: layoutHelp + `

Missing, empty and mismatched masks, unreadable images and classes that cannot be measured are
listed, and make the exit code 4.

Examples:
   musc dataset check mvtec_anomaly_detection/
   musc dataset check mine.csv --json`,
			Flags: []cli.Flag{
				layoutFlag(),
				&cli.BoolFlag{Name: "json", Usage: "one JSON object a line on standard output"},
			},
			OnUsageError: usageError,
			Action:       checkDataset,
		}},
		OnUsageError: usageError,
		Action:       noCommand,
	}
}

// layoutHelp says what a data set is; eval's help says it too.
const layoutHelp = `DATASET is the folder of a benchmark as it is published (MVTec AD, MVTec AD 2, VisA, BTAD,
KolektorSDD, KolektorSDD2), one of its classes, or data of your own:
   images/N.png with masks/N.png       an image with an empty mask or none is good; labels.csv with
                                       image,label overrides that; or CLASS/images and so on
   a CSV with image,label              and perhaps mask, class, split; label is good or a defect's type
Masks are white where the defect is, or hold numbers above 0. musc downloads none of them.`

func layoutFlag() cli.Flag {
	return &cli.StringFlag{Name: "layout", Category: categoryInput,
		Usage: "the `LAYOUT` of the data set instead of looking for it: " +
			strings.Join(labelled.Layouts(), ", ")}
}

func checkDataset(c *cli.Context) error {
	data, err := openDataset(c)
	if err != nil {
		return err
	}
	problems, sizes, err := data.Check(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = tellDatasetJSON(c, data, problems, sizes)
	} else {
		err = tellDataset(c, data, problems, sizes)
	}
	if err == nil && len(problems) > 0 {
		err = fault.New(fault.Input, "%s has %d problems", data.Root, len(problems))
	}
	return err
}

// openDataset opens the data set that is a command's only argument.
func openDataset(c *cli.Context) (*labelled.Dataset, error) {
	if c.NArg() != 1 {
		return nil, fault.New(fault.Usage, "%d data sets given; musc %s takes one, as in: musc %s "+
			"mvtec_anomaly_detection/", c.NArg(), c.Command.Name, c.Command.Name)
	}
	return labelled.Open(c.Args().First(), labelled.Layout(c.String("layout")))
}

func tellDataset(c *cli.Context, data *labelled.Dataset, problems []labelled.Problem,
	sizes []labelled.Sizes) error {
	t := table.Table{Name: "data set", Title: fmt.Sprintf("%s: layout %s", data.Root, data.Layout),
		Columns: []table.Column{{Name: "class"}, {Name: "normal", Group: "training"},
			{Name: "good", Group: "test"}, {Name: "defective", Group: "test"},
			{Name: "masks", Group: "test"}, {Name: "pixels"}, {Name: "types of defect"}}}
	for i, class := range data.Classes {
		defective, masks := class.Defective(), 0
		for _, image := range class.Test {
			if image.Mask != "" {
				masks++
			}
		}
		t.Rows = append(t.Rows, []table.Cell{table.Text(class.Name), table.Count(len(class.Normal)),
			table.Count(len(class.Test) - defective), table.Count(defective), table.Count(masks),
			table.Text(sizeText(sizes[i])), table.Text(typesText(&class))})
	}
	for _, problem := range problems {
		t.Notes = append(t.Notes, "problem: "+problem.String())
	}
	return table.Write(c.App.Writer, table.TextFormat, t)
}

// sizeText is "700x700", or "from 10x10 to 20x30" by area where there are several.
func sizeText(sizes labelled.Sizes) string {
	if len(sizes) == 0 {
		return "-"
	}
	area := func(a, b [2]int) int { return a[0]*a[1] - b[0]*b[1] }
	least, most := slices.MinFunc(sizes, area), slices.MaxFunc(sizes, area)
	if least == most {
		return fmt.Sprintf("%dx%d", least[0], least[1])
	}
	return fmt.Sprintf("%dx%d to %dx%d", least[0], least[1], most[0], most[1])
}

// typesText lists the types of defect and how many images show each.
func typesText(class *labelled.Class) string {
	counts, names := countTypes(class)
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(names, ", ")
}

func countTypes(class *labelled.Class) (counts map[string]int, names []string) {
	counts = map[string]int{}
	for _, image := range class.Test {
		if !image.Defective {
			continue
		}
		if counts[image.Label]++; counts[image.Label] == 1 {
			names = append(names, image.Label)
		}
	}
	slices.Sort(names)
	return counts, names
}

func tellDatasetJSON(c *cli.Context, data *labelled.Dataset, problems []labelled.Problem,
	sizes []labelled.Sizes) error {
	encoder := json.NewEncoder(c.App.Writer)
	for i, class := range data.Classes {
		types, _ := countTypes(&class)
		err := encoder.Encode(map[string]any{"event": "class", "layout": data.Layout,
			"class": class.Name, "training_normal": len(class.Normal), "test": len(class.Test),
			"defective": class.Defective(), "types": types, "sizes": sizes[i]})
		if err != nil {
			return err
		}
	}
	for _, problem := range problems {
		err := encoder.Encode(map[string]any{"event": "problem", "class": problem.Class,
			"path": problem.Path, "problem": problem.Text})
		if err != nil {
			return err
		}
	}
	return nil
}
