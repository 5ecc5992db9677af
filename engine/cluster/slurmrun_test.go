package cluster

import (
	"image"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// muscProgram is musc as it is here, built for the test. The library and the default model are
// those of musc setup.
type muscProgram struct {
	t    *testing.T
	path string
}

func buildMusc(t *testing.T) muscProgram {
	t.Helper()
	m := muscProgram{t, filepath.Join(t.TempDir(), "musc")}
	text, err := exec.Command("go", "build", "-o", m.path, "musc/cmd/musc").CombinedOutput()
	if err != nil {
		t.Fatalf("building musc: %v: %s", err, text)
	}
	return m
}

func (m muscProgram) run(words ...string) string {
	m.t.Helper()
	text, err := exec.Command(m.path, words...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("musc %s: %v: %s", strings.Join(words, " "), err, text)
	}
	return string(text)
}

// washers makes a folder of twice as many photos as there are: each and its mirror image.
func washers(t *testing.T) (folder string, count int) {
	t.Helper()
	folder = t.TempDir()
	names, err := filepath.Glob("../../testdata/washer/images/*.png")
	if err != nil || len(names) == 0 {
		t.Fatalf("no photos: %v", err)
	}
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		photo, err := png.Decode(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		mirrored := image.NewRGBA(photo.Bounds())
		for y := mirrored.Rect.Min.Y; y < mirrored.Rect.Max.Y; y++ {
			for x := mirrored.Rect.Min.X; x < mirrored.Rect.Max.X; x++ {
				mirrored.Set(mirrored.Rect.Min.X+mirrored.Rect.Max.X-1-x, y, photo.At(x, y))
			}
		}
		for prefix, picture := range map[string]image.Image{"": photo, "mirrored-": mirrored} {
			out, err := os.Create(filepath.Join(folder, prefix+filepath.Base(name)))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(out, picture); err != nil {
				t.Fatal(err)
			}
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
			count++
		}
	}
	return folder, count
}

// killTask waits until a musc runs a task of a phase on a node, and kills it; before that it does
// what is to be done while the task runs.
func (c *testCluster) killTask(node, phase, id string, meanwhile func()) {
	c.t.Helper()
	c.until("a task of the phase "+phase+" to kill", func() bool {
		for range 100 { // tasks may last a tenth of a second
			for _, process := range c.processes("SLURMD_NODENAME=" + node) {
				of, number := c.variable(process, "SLURM_JOB_NAME"), c.variable(process, taskVariable)
				if filepath.Base(executable(process.Pid)) != "musc" || of != "musc-"+phase+"-"+id {
					continue
				}
				meanwhile()
				if process.Kill() == nil {
					c.say("kill -9 of process %d on %s, musc, task %s of the phase %s", process.Pid, node,
						number, phase)
					return true
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
		c.hurry()
		return false
	})
}

// killBusyNode waits until a node has a task, and ends the node with all that runs there.
func (c *testCluster) killBusyNode(name string) {
	c.t.Helper()
	c.until("a task on "+name, func() bool {
		for _, process := range c.processes("SLURMD_NODENAME=" + name) {
			if filepath.Base(executable(process.Pid)) == "musc" {
				c.say("kill -9 of slurmd, process %d, and of all on its node %s, with task %s",
					c.daemons[name].command.Process.Pid, name, c.variable(process, taskVariable))
				c.killNode(name)
				return true
			}
		}
		return false
	})
}

const taskVariable = "SLURM_ARRAY_TASK_ID"

// variable is what a process has in its environment under a name.
func (c *testCluster) variable(process *os.Process, name string) string {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process.Pid), "environ"))
	_, value, _ := strings.Cut("\x00"+string(text), "\x00"+name+"=")
	value, _, _ = strings.Cut(value, "\x00")
	return value
}

func TestSlurmWithKillsGivesTheBytesOfOneProcess(t *testing.T) {
	c := startCluster(t)
	musc := buildMusc(t)
	photos, count := washers(t)
	c.say("musc is built, %d photos", count)
	one, many := filepath.Join(c.folder, "one"), filepath.Join(c.folder, "many")
	settings := []string{photos, "--subset-size", "4", "--device", "cpu", "--threads", "1",
		"--preset", "paper"} // which has all phases
	musc.run(append([]string{"score", "-o", one}, settings...)...)
	c.say("musc score: done in one process")
	c.say("%s", musc.run(append([]string{"plan", "-o", many}, settings...)...))
	submitted := musc.run("cluster", "slurm", many, "--device", "cpu", "--", "--gres=gpu:1")
	c.say("%s", submitted)
	afterwards := time.Now()
	id := regexp.MustCompile(`(?m)^plan ([0-9a-f]+)`).FindStringSubmatch(submitted)[1]

	c.killTask("n1", "score", id, func() {})
	c.killBusyNode("n2")
	c.until("Slurm to write down what was submitted", func() bool { // it takes its time
		state, err := os.Stat(filepath.Join(c.folder, "state", "job_state"))
		return err == nil && state.ModTime().After(afterwards)
	})
	c.killTask("n1", "score", id, func() {
		c.say("kill -9 of the controller, slurmctld, process %d",
			c.daemons["slurmctld"].command.Process.Pid)
		c.kill("slurmctld")
	})
	time.Sleep(2 * time.Second)
	c.startController()
	c.say("the controller is back")
	c.until("Slurm to miss the node n2", func() bool {
		return strings.HasPrefix(c.ask("sinfo", "--noheader", "--nodes=n2", "--format=%T"), "down")
	})
	c.say("Slurm has found out that n2 is down; queue:\n%s", c.ask("squeue"))
	c.startNode("n2")
	c.killTask("n1", "draw", id, func() {})
	c.drain()
	c.say("%s", musc.run("status", many))

	if again := c.tellRestarts(many); again < 4 {
		t.Errorf("tasks began again %d times, want once for each of 4 that were killed", again)
	}
	for _, name := range []string{"scores.csv", "overview.png", "maps", "overlays"} {
		command := exec.Command("diff", "-r", filepath.Join(one, name), filepath.Join(many, name))
		text, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("%s differs, or is not there: %v\n%s", name, err, text)
		} else {
			c.say("diff -r one/%s many/%s: the same bytes, %d files", name, name,
				files(filepath.Join(many, name)))
		}
	}
}

// tellRestarts shows when the tasks began that began more than once, and how they ended; it counts
// how often they began again.
func (c *testCluster) tellRestarts(output string) (again int) {
	c.t.Helper()
	telling := regexp.MustCompile(`(?m)^.* (on n[12], restarts|exit code) .*$`)
	names, _ := filepath.Glob(filepath.Join(output, ".musc-run", "log", "*.txt"))
	for _, name := range names {
		text := read(c.t, name)
		begun := strings.Count(text, ", restarts ")
		if begun < 2 {
			continue
		}
		again += begun - 1
		for _, line := range telling.FindAllString(text, -1) {
			c.say("%s: %s", filepath.Base(name), line)
		}
	}
	return again
}

func files(folder string) (n int) {
	filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return nil
	})
	return n
}
