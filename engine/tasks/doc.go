// Package tasks is the plan of a run, its tasks and parts, how they are merged, and how a run that
// was stopped goes on. Any number of machines may share the work; in one process it is the same plan
// and the same tasks.
//
// A run has five phases, each cut into tasks that do not depend on each other:
//
//	depth    the range of samples of more than 8 bits, by blocks of photos
//	score    patch scores and class tokens, by subsets (SPEC sections 1 to 4)
//	nearest  the nearest class tokens, by blocks of rows (section 5)
//	merge    RsCIN, ranks and the colour scale: the one task that sees the whole batch
//	draw     maps and overlays, by subsets
//
// What they leave for each other lies in the folder .musc-run of the output folder:
//
//	plan.json                the plan, written last by its maker
//	photos.csv               the photos, sorted by name: index (from 0), subset, path, name, label
//	references.csv           the reference images: path, name
//	depth/000003.json        what a task of the phase depth found
//	score/000017.npz         the part of a subset: the number is the subset's
//	tokens/000017/           what a subset's backbone and mutual scoring have given, until its part is there
//	tokens/references/       the same of the reference images
//	nearest/000003.npz       the neighbours of a block of rows
//	merged.npz, merged.json  what merging found
//	draw/000017.json         what a task drew, and what it could not
//	results-0123456789ab/    maps and overlays until all results take their place, of one merging
//	failed/score-000017.json why a task failed; it goes when the task succeeds
//
// Every file is written whole or not at all and carries the plan's ID. One that is there, can be
// read and has the ID is done: it is not computed again. There are no locks. Two copies of a task at
// a time write the same content.
package tasks
