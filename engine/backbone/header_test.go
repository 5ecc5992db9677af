package backbone

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func readBytes(content []byte) (*header, error) {
	return readHeader(bytes.NewReader(content), int64(len(content)))
}

// Each case changes one thing of a good model; the message says which.
func TestModelsOfAnotherKind(t *testing.T) {
	const s, p, c = imageSide, patches, channels
	type declared struct {
		name    string
		element int64
		dims    []int64
	}
	good := func() []declared {
		list := []declared{{imageInput, 1, []int64{free, 3, s, s}}}
		for _, name := range outputNames[:Stages] {
			list = append(list, declared{name, 1, []int64{free, p, c}})
		}
		list = append(list, declared{classOutput, 1, []int64{free, c}})
		return append(list, declared{element: 1}) // left out unless it gets a name
	}
	for _, test := range []struct {
		name   string
		change func(l []declared)
		says   string
	}{
		{"nothing", func([]declared) {}, ""},
		{"input name", func(l []declared) { l[0].name = "x" }, "not image alone"},
		{"float16 input", func(l []declared) { l[0].element = 10 }, "image has the wrong type"},
		{"grey input", func(l []declared) { l[0].dims[1] = 1 }, "image has the wrong shape"},
		{"free size", func(l []declared) { l[0].dims[2] = free }, "image has the wrong shape"},
		{"wide input", func(l []declared) { l[0].dims[3] = 2 * s }, "not square"},
		{"huge input", func(l []declared) { l[0].dims[2] = 1 << 40 }, "image has the wrong shape"},
		{"no stage2", func(l []declared) { l[3].name = "x" }, "stage2 is missing"},
		{"flat stage", func(l []declared) { l[1].dims = l[1].dims[:2] }, "stage0 has the wrong type"},
		{"other width", func(l []declared) { l[2].dims[2] = 2 * c }, "stage1 and stage0 differ"},
		{"free patches", func(l []declared) { l[3].dims[1] = free }, "stage2 has the wrong shape"},
		{"no square", func(l []declared) {
			for i := 1; i <= Stages; i++ {
				l[i].dims[1] = p + 1
			}
		}, "no square grid"},
		{"batch of one", func(l []declared) { l[5].dims[0] = 1 }, "class_token has the wrong shape"},
		{"double", func(l []declared) { l[5].element = 11 }, "class_token has the wrong type"},
		{"more outputs", func(l []declared) { l[6].name = "mask" }, "other outputs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := &graph{}
			list := good()
			test.change(list)
			for i, d := range list {
				if d.name == "" {
					continue
				}
				field := protowire.Number(12)
				if i == 0 {
					field = 11
				}
				g.declare(field, d.name, d.element, d.dims...)
			}
			h, err := readBytes(g.bytes())
			if err != nil {
				t.Fatal(err)
			}
			var info Info
			err = info.takeShapes(h)
			if test.says == "" && err != nil ||
				test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Fatalf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestMetadataThatMakesNoSense(t *testing.T) {
	for _, test := range []struct{ key, value, says string }{
		{"musc.patch", "4", ""},
		{"musc.patch", "5", "grid"},
		{"musc.patch", "0", "grid"},
		{"musc.patch", "four", "grid"},
		{"musc.mean", "-0.5, 0, 1e-3", ""},
		{"musc.mean", "0.5,0.5", "three numbers"},
		{"musc.mean", "0.5,0.5,0.5,0.5", "three numbers"},
		{"musc.mean", "0.5,0.5,NaN", "three numbers"},
		{"musc.mean", "", "three numbers"},
		{"musc.std", "1,1,0", "three numbers"},
		{"musc.std", "1,-1,1", "three numbers"},
		{"musc.std", "1,1,Inf", "three numbers"},
	} {
		info := Info{ImageSize: imageSide, GridHeight: gridSide, GridWidth: gridSide}
		err := info.takeMetadata(map[string]string{test.key: test.value})
		if test.says == "" && err != nil ||
			test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s=%q: got %v", test.key, test.value, err)
		}
	}
}

// Before IR version 4 each weight was an input, too.
func TestWeightsAmongTheInputs(t *testing.T) {
	g := tinyGraph().declareAll(free)
	g.declare(11, "wstage0", 1, patchLen, channels)
	h, err := readBytes(g.bytes())
	if err != nil {
		t.Fatal(err)
	}
	var info Info
	if err := info.takeShapes(h); err != nil {
		t.Fatal(err)
	}
}

// Whatever the bytes, reading ends with a header or an error, and what passes the checks has
// sizes that can be allocated for.
func FuzzHeader(f *testing.F) {
	for _, content := range committed() {
		f.Add(content[:min(len(content), 400)])
		f.Add(content[max(0, len(content)-800):])
	}
	f.Add((&graph{}).declareAll(free).bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		h, err := readBytes(content)
		if err != nil {
			return
		}
		var info Info
		if info.takeShapes(h) != nil || info.takeMetadata(h.metadata) != nil {
			return
		}
		if info.Patch < 1 || info.Patches() < 1 || info.Channels < 1 || info.ClassDim < 1 ||
			info.ImageSize > maxDim {
			t.Fatalf("accepted %+v", info)
		}
	})
}
