package cluster

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"
)

// patience bounds every wait for Slurm.
const patience = 3 * time.Minute

// testCluster is a Slurm of this machine alone, in a temporary folder: a controller and the nodes
// n1 and n2 of one processor and one GPU each, which is none.
type testCluster struct {
	t       *testing.T
	folder  string
	daemons map[string]*daemon // slurmctld, munged and the nodes
	started time.Time
}

type daemon struct {
	command *exec.Cmd
	ended   chan error
}

var slurmConf = template.Must(template.New("slurm.conf").Parse(`ClusterName=musc
SlurmctldHost={{.Host}}(127.0.0.1)
SlurmctldPort={{index .Ports 0}}
SlurmUser={{.User}}
SlurmdUser={{.User}}
AuthType=auth/munge
AuthInfo=socket={{.Folder}}/munge.sock
StateSaveLocation={{.Folder}}/state
SlurmdSpoolDir={{.Folder}}/spool-%n
SlurmctldPidFile={{.Folder}}/slurmctld.pid
SlurmdPidFile={{.Folder}}/slurmd-%n.pid
SlurmctldLogFile={{.Folder}}/slurmctld.log
SlurmdLogFile={{.Folder}}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
InactiveLimit=0
MinJobAge=3600
KillWait=5
MaxArraySize=101
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
GresTypes=gpu
NodeName=DEFAULT CPUs=1 RealMemory=500 Gres=gpu:1
NodeName=n1 NodeHostname={{.Host}} NodeAddr=127.0.0.1 Port={{index .Ports 1}}
NodeName=n2 NodeHostname={{.Host}} NodeAddr=127.0.0.1 Port={{index .Ports 2}}
PartitionName=gpu Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`))

// startCluster skips the test but for make test-slurm, and where there is no Slurm.
func startCluster(t *testing.T) *testCluster {
	t.Helper()
	if os.Getenv("MUSC_TEST_SLURM") == "" {
		t.Skip("MUSC_TEST_SLURM is not set: make test-slurm runs this, for minutes")
	}
	for _, program := range []string{"slurmctld", "slurmd", "munged", "sbatch"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s: it is in Debian's package slurm-wlm", program)
		}
	}
	folder, err := os.MkdirTemp("", "slurm") // t.TempDir's name may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	c := &testCluster{t: t, folder: folder, daemons: map[string]*daemon{}, started: time.Now()}
	t.Cleanup(c.stop)
	c.configure()
	c.start("munged", "--foreground", "--key-file="+folder+"/munge.key",
		"--socket="+folder+"/munge.sock", "--pid-file="+folder+"/munged.pid", "--log-file="+folder+"/munged.log",
		"--seed-file="+folder+"/munge.seed")
	c.until("munged to listen", func() bool {
		_, err := os.Stat(folder + "/munge.sock")
		return err == nil
	})
	c.startController()
	c.startNode("n1")
	c.startNode("n2")
	c.until("both nodes", func() bool {
		return strings.Count(c.ask("sinfo", "--noheader", "-N", "--format=%T"), "idle") == 2
	})
	c.say("Slurm runs: a controller, nodes n1 and n2 with a GPU each")
	return c
}

func (c *testCluster) configure() {
	c.t.Helper()
	me, err := user.Current()
	host, errHost := os.Hostname()
	if err != nil || errHost != nil {
		c.t.Fatal(err, errHost)
	}
	host, _, _ = strings.Cut(host, ".")
	var conf bytes.Buffer
	err = slurmConf.Execute(&conf, map[string]any{"Host": host, "User": me.Username,
		"Folder": c.folder, "Ports": freePorts(c.t, 3)})
	if err != nil {
		c.t.Fatal(err)
	}
	for name, content := range map[string]string{"slurm.conf": conf.String(),
		"gres.conf": "NodeName=n1,n2 Name=gpu Count=1 File=/dev/null\n",
		"munge.key": strings.Repeat("only for this test ", 8)} {
		if err := os.WriteFile(filepath.Join(c.folder, name), []byte(content), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(c.folder, "state"), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chmod(c.folder, 0o755); err != nil { // munged's socket is for all
		c.t.Fatal(err)
	}
	c.t.Setenv("SLURM_CONF", filepath.Join(c.folder, "slurm.conf"))
}

// freePorts were free a moment ago.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func (c *testCluster) startController() { c.start("slurmctld", "-D") }

func (c *testCluster) startNode(name string) {
	c.start(name, "-D", "-N", name)
}

// start runs a daemon; a node's is slurmd.
func (c *testCluster) start(name string, words ...string) {
	c.t.Helper()
	program := name
	if name == "n1" || name == "n2" {
		program = "slurmd"
	}
	output, err := os.OpenFile(filepath.Join(c.folder, name+".out"),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer output.Close()
	command := exec.Command(program, words...)
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	c.daemons[name] = &daemon{command, ended}
	go func() { ended <- command.Wait() }()
}

// kill ends a daemon without any warning, and waits until it is gone.
func (c *testCluster) kill(name string) {
	if daemon := c.daemons[name]; daemon != nil {
		daemon.command.Process.Kill()
		<-daemon.ended
		delete(c.daemons, name)
	}
}

// killNode ends a node with all that runs on it: slurmd, slurmstepd, scripts and musc. What watches
// a script ends before it, or it would tell the controller that the script has failed.
func (c *testCluster) killNode(name string) {
	c.kill(name)
	jobs := c.processes("SLURMD_NODENAME=" + name)
	for _, job := range jobs {
		parent := parentOf(job.Pid)
		if !strings.HasPrefix(filepath.Base(executable(parent)), "slurmstepd") {
			continue
		}
		if watch, err := os.FindProcess(parent); err == nil {
			watch.Kill()
		}
	}
	for _, job := range jobs {
		job.Kill()
	}
}

// executable is the program of a process, "" once it has ended.
func executable(process int) string {
	name, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(process), "exe"))
	return name
}

// parentOf is 0 for a process that has ended.
func parentOf(process int) int {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "stat"))
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // state, parent, ...
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// processes are those of this cluster's jobs whose environment has a word, but for none but ours.
func (c *testCluster) processes(word string) (found []*os.Process) {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		environment, err := os.ReadFile(folder + "/environ")
		if err != nil {
			continue // another user's, or it has ended
		}
		words := "\x00" + string(environment)
		if !strings.Contains(words, "\x00SLURM_CONF="+c.folder+"/slurm.conf\x00") ||
			!strings.Contains(words, "\x00"+word+"\x00") {
			continue
		}
		number, _ := strconv.Atoi(filepath.Base(folder))
		if process, err := os.FindProcess(number); err == nil {
			found = append(found, process)
		}
	}
	return found
}

// ask runs one of Slurm's programs; without an answer from the controller it is "".
func (c *testCluster) ask(program string, words ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, _ := exec.CommandContext(ctx, program, words...).Output()
	return strings.TrimSpace(string(text))
}

// queue is a line a job, "ID STATE REASON NODE"; it waits for the controller.
func (c *testCluster) queue() []string {
	c.t.Helper()
	var lines []string
	c.until("the controller", func() bool {
		text, err := exec.Command("squeue", "--noheader", "--array", "--format=%i %t %r %N").Output()
		lines = strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
		return err == nil
	})
	return lines
}

// until polls for a condition.
func (c *testCluster) until(what string, met func() bool) {
	c.t.Helper()
	for start := time.Now(); !met(); time.Sleep(100 * time.Millisecond) {
		for name, daemon := range c.daemons {
			select {
			case err := <-daemon.ended:
				daemon.ended <- err
				c.t.Fatalf("waiting for %s, %s ended: %v", what, name, err)
			default:
			}
		}
		if time.Since(start) > patience {
			c.t.Fatalf("waited %s for %s in vain; queue:\n%s", patience, what,
				c.ask("squeue", "--array"))
		}
	}
}

// hurry tells jobs to start that Slurm keeps back for two minutes, as it does with any that was
// requeued. It returns the length of the queue.
func (c *testCluster) hurry() int {
	c.t.Helper()
	lines := c.queue()
	for _, line := range lines {
		if id, rest, _ := strings.Cut(line, " "); strings.HasPrefix(rest, "PD BeginTime") {
			c.say("%s is requeued; it starts now instead of in two minutes", id)
			c.ask("scontrol", "update", "JobId="+id, "StartTime=now")
		}
	}
	return len(lines)
}

// drain waits until the queue is empty.
func (c *testCluster) drain() {
	c.t.Helper()
	c.until("the queue to be empty", func() bool { return c.hurry() == 0 })
}

func (c *testCluster) say(format string, words ...any) {
	c.t.Helper()
	c.t.Logf("%5.1fs  %s", time.Since(c.started).Seconds(), fmt.Sprintf(format, words...))
}

// stop ends what start has started, and what ran on the nodes.
func (c *testCluster) stop() {
	if c.daemons["slurmctld"] != nil {
		if c.t.Failed() {
			c.t.Logf("jobs:\n%s", c.ask("squeue", "--array", "--states=all"))
		}
		c.ask("scancel", "--user="+strconv.Itoa(os.Getuid()))
	}
	c.killNode("n1")
	c.killNode("n2")
	c.kill("slurmctld")
	c.kill("munged")
	if c.t.Failed() {
		for _, name := range []string{"munged.out", "slurmctld.log", "slurmd-n1.log", "slurmd-n2.log"} {
			text, _ := os.ReadFile(filepath.Join(c.folder, name))
			c.t.Logf("end of %s:\n%s", name, text[max(0, len(text)-4000):])
		}
	}
	os.RemoveAll(c.folder)
}
