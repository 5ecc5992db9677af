package bank

import (
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestFits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	write(t, path, headerOf(Float16), 1)
	b := mustOpen(t, path)
	for want, change := range map[string]func(m *Model){
		"":                        func(*Model) {},
		"built with the model":    func(m *Model) { m.Name, m.Sums = "other", []string{"x"} },
		"21 pixels a side, not 3": func(m *Model) { m.ImageSize, m.Sums = 3, []string{"x"} },
		"are others than those":   func(m *Model) { m.Sums = []string{"ab"} },
		"build the bank anew":     func(m *Model) { m.Mean[1] = 1 },
		"3 x 5 x 7 tokens, this":  func(m *Model) { m.Channels++ },
	} {
		model := headerOf(Float16).Model
		change(&model)
		err := b.Fits(model)
		if (err == nil) != (want == "") || err != nil && (fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%q: %v", want, err)
		}
	}
	moved := headerOf(Float16).Model
	moved.Name = "/a/copy.onnx"
	if err := b.Fits(moved); err != nil {
		t.Errorf("the same files under another name: %v", err)
	}
}

func TestDiffers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	write(t, path, headerOf(Float16), 1)
	b := mustOpen(t, path)
	if text := b.Differs([]string{"CPU", "avx2"}); text != "" {
		t.Error(text)
	}
	if text := b.Differs([]string{"CPU", "avx512"}); !strings.Contains(text, "(here: avx512)") {
		t.Error(text)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if _, err := Lock(path); fault.KindOf(err) != fault.Input {
		t.Errorf("no bank: %v", err)
	}
	write(t, path, headerOf(Float16), 1)
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path); fault.KindOf(err) != fault.Output ||
		!strings.Contains(err.Error(), "another program") {
		t.Errorf("locked: %v", err)
	}
	mustOpen(t, path) // readers need none
	release()
	again, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, headerOf(Float16), 2) // by the holder
	if other, err := Lock(path); err != nil {
		t.Errorf("the bank that took its place: %v", err)
	} else {
		other()
	}
	again()
}
