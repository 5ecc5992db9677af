//go:build unix

package bank

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"musc/engine/atomicfile"
)

// childPath, in the environment of a test binary, makes it write banks of 1 to 4 photos to that path until
// it is killed.
const childPath = "MUSC_TEST_BANK"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		writeForever(path)
	}
	os.Exit(m.Run())
}

// writeForever writes a line after every bank.
func writeForever(path string) {
	for k := 0; ; k++ {
		w, err := Create(path, headerOf(Float16), true)
		for photo := 0; err == nil && photo < 1+k%len(names); photo++ {
			err = add(w, photo)
		}
		if err == nil {
			err = w.Commit(calibrationOf(1 + k%len(names)))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(k)
	}
}

// Whenever the writer dies, there is the bank of before or that of after, and nothing else stays.
func TestKilledWriter(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x.musc")
	write(t, path, headerOf(Float16), 4)
	random := rand.New(rand.NewPCG(1, 2))
	for range 12 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childPath+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil { // it is at work
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		child.Process.Kill()
		child.Wait()
		b, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Verify(); err != nil {
			t.Error(err)
		}
		b.Close()
		atomicfile.RemoveLeftovers(folder)
		if entries, _ := os.ReadDir(folder); len(entries) != 1 {
			t.Errorf("left %v", entries)
		}
	}
}
