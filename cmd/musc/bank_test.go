package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/bank"
)

// goodPhotos copies so many photos of washers to a folder of their own.
func goodPhotos(t *testing.T, dir string, first, count int) string {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/washer/images/*.png")
	if err != nil || len(paths) < first+count {
		t.Fatalf("%d washers, %v", len(paths), err)
	}
	folder := filepath.Join(dir, fmt.Sprintf("good%d", first))
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths[first : first+count] {
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(path)), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestBankCommands(t *testing.T) {
	dir := t.TempDir()
	good, more := goodPhotos(t, dir, 0, 11), goodPhotos(t, dir, 10, 2) // one of them in both
	product, small := filepath.Join(dir, "product.musc"), filepath.Join(dir, "small.musc")
	for _, c := range []struct {
		args string
		code int
		want string // of standard output or error
	}{
		{"bank build -o PRODUCT", exitUsage, "no good photos given"},
		{"bank build GOOD", exitUsage, "needs --output"},
		{"bank build GOOD -o PRODUCT --score median", exitUsage, "nearest, interval"},
		{"bank build GOOD -o PRODUCT --interval 0,1", exitUsage, "--interval is for --score interval"},
		{"bank build GOOD -o PRODUCT --encoding float8", exitUsage, "int8, float16 or float32"},
		{"bank build GOOD -o PRODUCT --threshold labels:x", exitUsage, "labels"},
		{"bank build GOOD -o PRODUCT -q", exitOK, "11 photos added"},
		{"bank build GOOD -o PRODUCT -q", exitOutput, "--overwrite"},
		{"bank info PRODUCT", exitOK, "false alarms"},
		{"bank verify PRODUCT", exitOK, "11 photos, all as they were written"},
		{"bank add PRODUCT MORE -q", exitSkipped, "1 photos added, 0 taken out, 1 left out"},
		{"bank remove PRODUCT no-such-name.png -q", exitUsage, "has no photo"},
		{"bank remove PRODUCT 022.png -q", exitOK, "0 photos added, 1 taken out"},
		{"bank thin PRODUCT", exitUsage, "--keep"},
		{"bank thin PRODUCT --keep 4 -q", exitOutput, "--overwrite"},
		{"bank thin PRODUCT --keep 4 -o SMALL -q", exitOK, "7 left out"},
		{"bank info", exitUsage, "no bank named"},
		{"bank info GOOD", exitInput, "no bank of musc"},
		{"bank add PRODUCT MORE --image-size 112 -q", exitInput, "photos are of 224 pixels a side, not 112"},
	} {
		args := strings.NewReplacer("PRODUCT", product, "SMALL", small, "GOOD", good, "MORE", more).
			Replace(c.args)
		code, stdout, stderr := musc(t, strings.Fields(args)...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("musc %s: exit %d, %s%s, want %q", c.args, code, stdout, stderr, c.want)
		}
	}
	code, stdout, _ := musc(t, "bank", "info", small, "--json")
	var info struct {
		Photos      []bank.Photo
		Calibration bank.Calibration
		Quantiles   map[string]float64
	}
	if err := json.Unmarshal([]byte(stdout), &info); err != nil || code != exitOK || len(info.Photos) != 4 ||
		len(info.Calibration.LeftOut) != 7 || info.Quantiles["1"] != slices.Max(info.Calibration.Scores) {
		t.Errorf("%s: %v", stdout, err)
	}
}

// Whenever musc is killed while it makes or changes a bank, the bank is whole: that of before or that of
// after.
func TestKilledBankCommands(t *testing.T) {
	dir := t.TempDir()
	good, more := goodPhotos(t, dir, 0, 3), goodPhotos(t, dir, 3, 2)
	product := filepath.Join(dir, "product.musc")
	if code, _, stderr := musc(t, "bank", "build", good, "-o", product, "-q"); code != exitOK {
		t.Fatal(stderr)
	}
	before := idOf(t, product)
	content, err := os.ReadFile(product)
	if err != nil {
		t.Fatal(err)
	}
	after := map[string]string{"build": before}
	begun := time.Now()
	if code, _, stderr := musc(t, "bank", "add", product, more, "-q"); code != exitOK {
		t.Fatal(stderr)
	}
	took := time.Since(begun)
	after["add"] = idOf(t, product)
	if after["add"] == before {
		t.Fatal("adding changed nothing")
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 3 {
		for name, args := range map[string][]string{
			"build": {"bank", "build", good, "-o", product, "--overwrite", "-q"},
			"add":   {"bank", "add", product, more, "-q"},
		} {
			if err := os.WriteFile(product, content, 0o644); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], args...)
			child.Env = append(os.Environ(), asMusc+"=1")
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(random.Float64() * float64(took) * 1.2))
			child.Process.Kill()
			child.Wait()
			if id := idOf(t, product); id != before && id != after[name] {
				t.Errorf("%s left the bank %s", name, id)
			}
		}
	}
}

// idOf is that of a bank that is as it was written.
func idOf(t *testing.T, path string) string {
	t.Helper()
	b, err := bank.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Verify(); err != nil {
		t.Error(err)
	}
	return b.Header().ID
}
