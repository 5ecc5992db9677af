package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// memoryCost is what a row of memory costs: starting the peers anew, twice.
const memoryCost = 11 * time.Second

// tasks lists the parts of the plan, those first that goals are about: they have the time that others
// may lack.
func (b *bench) tasks() []task {
	var tasks []task
	for _, parts := range [][]task{b.kernelTasks(), b.scorerTasks(), b.wholeTasks(), b.growthTasks(),
		b.threadTasks(), b.levelTasks()} {
		tasks = append(tasks, parts...)
	}
	return slices.DeleteFunc(tasks, func(t task) bool {
		return !strings.Contains(t.name, b.plan.only)
	})
}

func (b *bench) scorerTask(group string, of sized, threads int, methods []string,
	within limits) task {

	name := fmt.Sprintf("%s: %s, %d images, %d threads", group, of.shape, of.images, threads)
	return task{name, of.cost, within, func(ctx context.Context, within limits) error {
		return b.scorerRow(ctx, group, of.shape, of.images, threads, methods, within)
	}}
}

func (b *bench) scorerTasks() (tasks []task) {
	for _, s := range b.plan.scorers {
		tasks = append(tasks, b.scorerTask(groupScorers, s, b.plan.threads, scorerMethods,
			b.plan.scoring))
	}
	return tasks
}

// growthTasks are time and memory against the number of images.
func (b *bench) growthTasks() (tasks []task) {
	for _, c := range b.plan.imageCounts {
		tasks = append(tasks, b.scorerTask(groupImages, sized{b.plan.growing, c.images, c.cost},
			b.plan.threads, scorerMethods[:2], b.plan.scaling))
	}
	for _, c := range b.plan.aloneCounts {
		tasks = append(tasks, b.scorerTask(groupImages, sized{b.plan.growing, c.images, c.cost},
			b.plan.threads, nil, b.plan.scaling))
	}
	for _, images := range b.plan.memoryCounts {
		tasks = append(tasks, task{name: fmt.Sprintf("memory: %s, %d images", b.plan.growing, images),
			cost: memoryCost, run: func(ctx context.Context, within limits) error {
				return b.memoryRow(ctx, b.plan.growing, images, within)
			}})
	}
	return tasks
}

// threadTasks are time against the number of threads: 1, 2, 4 and so on, and all.
func (b *bench) threadTasks() (tasks []task) {
	for threads := 1; ; threads *= 2 {
		threads = min(threads, b.plan.threads)
		tasks = append(tasks, b.scorerTask(groupThreads, b.plan.threading, threads,
			scorerMethods[:2], b.plan.scaling))
		if threads == b.plan.threads {
			return tasks
		}
	}
}

// wholeTasks are runs from photos on.
func (b *bench) wholeTasks() (tasks []task) {
	if b.plan.whole.most > 0 {
		tasks = append(tasks, task{groupWhole + ": photos to scores", wholeCost, b.plan.whole,
			b.measureWhole})
	}
	return append(tasks, task{"photos to files", 2*b.plan.steps.budget + time.Second, b.plan.steps,
		b.measureSteps})
}

func (b *bench) kernelTask(s shape, at string) task {
	run := func(ctx context.Context, within limits) (err error) {
		before := level()
		if err := useLevel(at); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, useLevel(before)) }()
		return b.kernelRow(ctx, s, within)
	}
	return task{fmt.Sprintf("kernels: %s, %s", s, at), b.plan.kernels.budget + time.Second, b.plan.kernels,
		run}
}

// kernelTasks are the kernels of the level in use at every shape, levelTasks the machine's other levels'
// at one.
func (b *bench) kernelTasks() (tasks []task) {
	for _, s := range b.plan.kernelShapes {
		tasks = append(tasks, b.kernelTask(s, level()))
	}
	return tasks
}

func (b *bench) levelTasks() (tasks []task) {
	for _, name := range levels() {
		if name != level() && b.plan.allLevels {
			tasks = append(tasks, b.kernelTask(b.plan.kernelShapes[0], name))
		}
	}
	return tasks
}
