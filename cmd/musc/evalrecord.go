package main

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/evaluation"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
)

// evalRecord begins the record of an evaluation.
func evalRecord(c *cli.Context) (*results.Record, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, fault.New(fault.Input, "cannot tell which folder this is: %w; change to it anew", err)
	}
	return &results.Record{Kind: results.Evaluated,
		Repeat: &results.Repeat{Folder: folder, Arguments: argumentsOf(c, c.Command.Name)}}, nil
}

// recordMachine says what computes an evaluation.
func recordMachine(record *results.Record, job engine.Config, name string, model []report.File) error {
	from, err := engine.Here(job.Library)
	if err != nil {
		return err
	}
	run := engine.NewRun(from, engine.SaveOptions{})
	run.Model.Name, run.Model.Files = name, model
	run.Machine.Threads = job.WithDefaults().Threads
	record.Model, record.Runtime, record.Decoders, record.Machine = run.Model, run.Runtime, run.Decoders,
		run.Machine
	return nil
}

// completeRecord adds what the evaluation has read, and the checksum of its table. What computed it is not
// known where an earlier run has finished a class.
func completeRecord(c *cli.Context, record *results.Record, folder *evaluation.Folder,
	taken *results.Folder, earlier bool) error {

	if earlier {
		record.Model, record.Runtime, record.Decoders, record.Machine = nil, nil, nil, nil
	}
	var lists []string
	for _, path := range []string{c.Args().First(), c.String("scores"), c.String("roi")} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			lists = append(lists, path)
		}
	}
	if _, err := folder.Contents.Of(lists); err != nil {
		return err
	}
	sums, err := folder.Contents.Sums()
	if err != nil {
		return err
	}
	record.Repeat.Inputs, err = results.WriteSums(filepath.Join(folder.Path, results.InputsFile),
		slices.Values(sums))
	if err != nil {
		return err
	}
	const table = "metrics.csv"
	digest, err := engine.Digest(filepath.Join(folder.Path, table))
	if err != nil {
		return fault.New(fault.Output, "cannot read the table again: %w", err)
	}
	record.Repeat.Results = map[string]string{table: digest}
	record.Tool.Version, record.Command = version(), commandLine()
	return taken.Mark(*record)
}
