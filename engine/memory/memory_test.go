package memory

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// write makes a folder of files, by name.
func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestValuesOfTheSystemAreKilobytes(t *testing.T) {
	folder := write(t, map[string]string{"meminfo": "MemTotal:       2048 kB\n" +
		"MemAvailable:      3 kB\nHugePages_Total:       7\nEmpty:\nVmRSS: many kB\n"})
	for name, want := range map[string]int64{
		"MemTotal": 2 << 20, "MemAvailable": 3 << 10, "Mem": 0, "Absent": 0,
		"HugePages_Total": 0, // a number of pages, not a size
		"Empty":           0, "VmRSS": 0,
	} {
		if got := procValue(filepath.Join(folder, "meminfo"), name); got != want {
			t.Errorf("%s: %d bytes, want %d", name, got, want)
		}
	}
	if got := procValue(filepath.Join(folder, "absent"), "MemTotal"); got != 0 {
		t.Errorf("a file that is not there tells %d", got)
	}
}

func TestLimitOfTheContainer(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		left  int64
	}{
		"no control group": {nil, 0},
		"no limit":         {map[string]string{"memory.max": "max\n", "memory.current": "5\n"}, 0},
		"nothing used":     {map[string]string{"memory.max": "8000\n"}, 8000},
		"a part used":      {map[string]string{"memory.max": "8000\n", "memory.current": "3000\n"}, 5000},
		"nearly full":      {map[string]string{"memory.max": "8000\n", "memory.current": "7500\n"}, 1000},
		"over the limit":   {map[string]string{"memory.max": "8000\n", "memory.current": "9000\n"}, 1000},
	} {
		if got := containerLimit(write(t, c.files)); got != c.left {
			t.Errorf("%s: %d bytes left, want %d", name, got, c.left)
		}
	}
}

func TestFairShareIsHalfOfTheSmaller(t *testing.T) {
	const megabyte = "MemAvailable: 1024 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"machine":           {map[string]string{"meminfo": megabyte}, 512 << 10},
		"small container":   {map[string]string{"meminfo": megabyte, "memory.max": "4000"}, 2000},
		"large container":   {map[string]string{"meminfo": megabyte, "memory.max": "9000000"}, 512 << 10},
		"nothing known":     {nil, 2 << 30},
		"only a container":  {map[string]string{"memory.max": "4000"}, 2000},
		"without any limit": {map[string]string{"meminfo": megabyte, "memory.max": "max"}, 512 << 10},
	} {
		folder := write(t, c.files)
		if got := fairShare(filepath.Join(folder, "meminfo"), folder); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}

func TestThisProcess(t *testing.T) {
	if FairShare() <= 0 {
		t.Errorf("a share of %d bytes", FairShare())
	}
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is read from /proc")
	}
	const mebibyte = 1 << 20 // less than any Go program takes
	if now, peak := Resident(), PeakResident(); now < mebibyte || peak < mebibyte {
		t.Errorf("resident %d bytes, at most %d", now, peak)
	}
}
