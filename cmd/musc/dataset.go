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
listed, and make the exit code 4. What is left out, and masks with alpha, are listed as well.

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
const layoutHelp = `DATASET is the folder of a benchmark as it is published (MVTec AD, MVTec LOCO AD, MVTec 3D-AD,
MVTec AD 2, VisA, BTAD, KolektorSDD, KolektorSDD2), one of its classes, or data of your own:
   CLASS/test/{good,TYPE}/N.png        with CLASS/ground_truth/TYPE/N.png or N_mask.png, or a folder N of
                                       masks, whose union counts; or TYPE/rgb/N.png with TYPE/gt/N.png
   images/N.png with masks/N.png       an image with an empty mask or none is good; labels.csv with
                                       image,label overrides that; or CLASS/images and so on
   a .csv or .tsv with image,label     and perhaps defect (its type), mask, class, split
Labels and the folder of good images are words such as good, ok, normal, pass, negative, 0, false or
defective, ng, anomaly, fail, positive, 1, true, in any letter case; another word in a column of labels
is an error, names of types of defect go into the column defect. Folders may hold folders.
Masks are white where the defect is, or hold numbers above 0 (instances, types, colours of a palette),
in 8 or 16 bits. Masks with soft edges and JPEGs count from half of their largest value. musc downloads
none of the data.`

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
	found, err := data.Check(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = tellDatasetJSON(c, data, found)
	} else {
		err = tellDataset(c, data, found)
	}
	if err == nil && len(found.Problems) > 0 {
		err = fault.New(fault.Input, "%s has %d problems", data.Root, len(found.Problems))
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

func tellDataset(c *cli.Context, data *labelled.Dataset, found *labelled.Findings) error {
	t := table.Table{Name: "data set", Title: fmt.Sprintf("%s: layout %s", data.Root, data.Layout),
		Columns: []table.Column{{Name: "class"}, {Name: "normal", Group: "training"},
			{Name: "good", Group: "test"}, {Name: "defective", Group: "test"},
			{Name: "masks", Group: "test"}, {Name: "pixels"}, {Name: "types of defect"}}}
	for i, class := range data.Classes {
		defective, masks := class.Defective(), 0
		for _, image := range class.Test {
			if len(image.Masks) > 0 {
				masks++
			}
		}
		t.Rows = append(t.Rows, []table.Cell{table.Text(class.Name), table.Count(len(class.Normal)),
			table.Count(len(class.Test) - defective), table.Count(defective), table.Count(masks),
			table.Text(sizeText(found.Sizes[i])), table.Text(typesText(&class))})
	}
	for _, problem := range found.Problems {
		t.Notes = append(t.Notes, "problem: "+problem.String())
	}
	for _, note := range found.Notes {
		t.Notes = append(t.Notes, note.String())
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

func tellDatasetJSON(c *cli.Context, data *labelled.Dataset, found *labelled.Findings) error {
	encoder := json.NewEncoder(c.App.Writer)
	for i, class := range data.Classes {
		types, _ := countTypes(&class)
		err := encoder.Encode(map[string]any{"event": "class", "layout": data.Layout,
			"class": class.Name, "training_normal": len(class.Normal), "test": len(class.Test),
			"defective": class.Defective(), "types": types, "sizes": found.Sizes[i]})
		if err != nil {
			return err
		}
	}
	tell := func(event string, list []labelled.Problem) error {
		for _, p := range list {
			err := encoder.Encode(map[string]any{"event": event, "class": p.Class, "path": p.Path, "text": p.Text})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := tell("problem", found.Problems); err != nil {
		return err
	}
	return tell("note", found.Notes)
}
