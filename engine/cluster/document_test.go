package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The loop of docs/cluster.md, with stand-ins for musc and kubectl: phases are created one after
// the other, those without missing tasks not at all, and none after one that failed.
func TestLoopOfTheDocument(t *testing.T) {
	var loop string
	for _, block := range strings.Split(read(t, "../../docs/cluster.md"), "```")[1:] {
		if strings.HasPrefix(block, "sh\n") && strings.Contains(block, "kubectl create") {
			loop = strings.TrimPrefix(block, "sh\n")
		}
	}
	for name, c := range map[string]struct {
		failing string
		exit    int
		want    string
	}{
		"all":            {"none", 0, "score.yaml merge.yaml draw.yaml finish.yaml"},
		"a phase failed": {"merge.yaml", 1, "score.yaml merge.yaml status"},
	} {
		folder := t.TempDir()
		program(t, folder, "sleep", "")
		program(t, folder, "musc", `[ "$1" != status ] || echo status >> created
for word; do phase=$word; done
case $phase in (depth | nearest) ;; (*) echo "kind: Job" ;; esac`)
		// A Job says that it is suspended, then nothing, then what will be, then what is.
		program(t, folder, "kubectl", `case $1 in
(create) echo "$3" >> created; rm -f asked ;;
(get)
  echo >> asked
  end=Complete before=SuccessCriteriaMet
  [ "$3" != `+c.failing+` ] || end=Failed before=FailureTarget
  case $(wc -l < asked) in
  (1) echo Suspended ;; (2) ;; (3) echo $before ;; (*) echo $before $end ;; esac ;;
esac`)
		command := exec.Command("sh", "-c", loop)
		command.Dir = folder
		command.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
		text, _ := command.CombinedOutput()
		created := strings.Fields(read(t, filepath.Join(folder, "created")))
		if got := strings.Join(created, " "); got != c.want ||
			command.ProcessState.ExitCode() != c.exit {
			t.Errorf("%s: created %s, exit code %d; want %s, %d; it said:\n%s", name, got,
				command.ProcessState.ExitCode(), c.want, c.exit, text)
		}
	}
}
