package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// disturbed is how many cores other processes may use before a row is not to be trusted: programs
// whose threads wait for each other suffer far more from a busy core than others do.
const disturbed = 0.1

// tick is the unit of the times in /proc: USER_HZ is 100 on every Linux that Go runs on.
const tick = 0.01

// alternate is the function of that name for a row, kept with how busy other processes were.
func (b *bench) alternate(ctx context.Context, row Row, contenders []contender, within limits) (
	Row, error) {

	begun, all, own := time.Now(), busySeconds(), b.ownSeconds()
	contenders = b.without(contenders, row.Shape, within.each)
	row, err := alternate(ctx, row, contenders, within, func(name string, err error) {
		b.remember(contenders, name, err)
		b.leaveOut(row.Shape)(name, err)
	})
	if all > 0 {
		row.Others = max(0, busySeconds()-all-(b.ownSeconds()-own)) / time.Since(begun).Seconds()
	}
	if row.Cold {
		b.note("%s: one round alone, and none before it to warm up", row.key())
	}
	return row, err
}

// ownSeconds is the processor time of this process and of the peers so far.
func (b *bench) ownSeconds() float64 {
	total := processSeconds("self")
	if b.server != nil {
		total += processSeconds(strconv.Itoa(b.server.command.Process.Pid))
	}
	return total
}

// busySeconds is the time that the processors spent on anything so far, or were taken away by the
// machine that hosts this one; 0 where the system does not tell.
func busySeconds() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n") // cpu user nice system idle iowait irq ... steal
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0
	}
	total := 0.0
	for k, field := range fields[1:9] {
		const idle, waiting = 3, 4
		if ticks, err := strconv.ParseFloat(field, 64); err == nil && k != idle && k != waiting {
			total += ticks * tick
		}
	}
	return total
}

// processSeconds is the processor time of a process so far, 0 if the system does not tell.
func processSeconds(id string) float64 {
	text, err := os.ReadFile("/proc/" + id + "/stat")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name, in brackets, may hold spaces
	fields := strings.Fields(after)
	const user, system = 14 - 3, 15 - 3 // proc(5) counts from 1; the first two are cut off
	if len(fields) <= system {
		return 0
	}
	total := 0.0
	for _, k := range []int{user, system} {
		if ticks, err := strconv.ParseFloat(fields[k], 64); err == nil {
			total += ticks * tick
		}
	}
	return total
}

// disturbances lists the rows that other processes disturbed.
func (r *Result) disturbances() []string {
	var lines []string
	for _, row := range r.Rows {
		if row.Others > disturbed {
			lines = append(lines, fmt.Sprintf("%s: other processes used %.1f cores", row.key(),
				row.Others))
		}
	}
	return lines
}
