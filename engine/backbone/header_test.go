package backbone

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
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
		{"musc.mean", "-3.4028234663852886e38,0,0", ""}, // the least float32
		{"musc.mean", "-1e39,0,0", "three numbers"},
		{"musc.std", "1e-45,1,1", ""}, // the least above 0
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

// A patch of one pixel, and a grid as large as the image, are the least and the most there can be.
func TestPatchesOfOnePixel(t *testing.T) {
	info := Info{ImageSize: 8, GridHeight: 8, GridWidth: 8}
	if err := info.takeMetadata(map[string]string{"musc.patch": "1"}); err != nil || info.Patch != 1 {
		t.Errorf("patch %d, %v", info.Patch, err)
	}
	for grid, says := range map[int64]string{
		8: "", 9: "81 patches are no square grid of a 8 x 8 image", 7: "",
	} {
		g := &graph{}
		g.declare(11, imageInput, 1, free, 3, 8, 8)
		for _, name := range outputNames[:Stages] {
			g.declare(12, name, 1, free, grid*grid, 5)
		}
		g.declare(12, classOutput, 1, free, 5)
		h, err := readBytes(g.bytes())
		if err != nil {
			t.Fatal(err)
		}
		err = info.takeShapes(h)
		if says == "" && err != nil || says != "" && (err == nil || err.Error() != says) {
			t.Errorf("a grid of %d: %v, want %q", grid, err, says)
		}
	}
}

func TestShapesOfValues(t *testing.T) {
	const wrong = " has the wrong shape"
	for _, c := range []struct {
		name  string
		dims  []int64
		shape []int64 // 0: any
		says  string
	}{
		{"x", []int64{1, 1}, []int64{1, 0}, ""},
		{"x", []int64{maxDim, maxDim}, []int64{0, 0}, ""},
		{"x", []int64{1, maxDim + 1}, []int64{1, 0}, "x" + wrong},
		{"x", []int64{1, 0}, []int64{1, 0}, "x" + wrong},
		{"x", []int64{0, 1}, []int64{0, 0}, "x" + wrong},
		{"x", []int64{2, 1}, []int64{1, 0}, "x" + wrong},
		{"x", []int64{free, 1}, []int64{1, 0}, ""},
		{"x", []int64{free, free}, []int64{1, 0}, "x" + wrong},
		{imageInput, []int64{1, 3}, []int64{free, 3}, ""},
		{imageInput, []int64{maxDim, 3}, []int64{free, 3}, ""},
		{imageInput, []int64{maxDim + 1, 3}, []int64{free, 3}, "image" + wrong},
		{imageInput, []int64{0, 3}, []int64{free, 3}, "image" + wrong},
		{imageInput, []int64{free, 3}, []int64{free, 3}, ""},
		{"x", []int64{1, 3}, []int64{free, 3}, "x" + wrong},
		{"x", []int64{1}, []int64{1, 0}, "x has the wrong type"},
	} {
		err := value{c.name, float32Type, c.dims}.check(c.shape...)
		if c.says == "" && err != nil || c.says != "" && (err == nil || err.Error() != c.says) {
			t.Errorf("%s %v as %v: %v, want %q", c.name, c.dims, c.shape, err, c.says)
		}
	}
}

func TestHeadersInWords(t *testing.T) {
	for want, v := range map[string]value{
		"a float32 [?,256,384]": {"a", 1, []int64{free, 256, 384}},
		"b float16 []":          {"b", 10, nil},
		"c float64 [1]":         {"c", 11, []int64{1}},
		"d no tensor []":        {"d", 0, nil},
		"e type 7 [?]":          {"e", 7, []int64{free}},
	} {
		if got := v.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	h := header{outputs: slices.Repeat([]value{{"o", 1, nil}}, 8)}
	eight := " -> " + strings.Repeat("o float32 [], ", 7) + "o float32 []"
	if got := h.summary(); got != eight {
		t.Errorf("eight outputs: %q", got)
	}
	h.outputs = append(h.outputs, value{"last", 1, nil})
	if got := h.summary(); got != eight+", ..." {
		t.Errorf("nine outputs: %q", got)
	}
}

// Fields are read to the last byte of their message, and not beyond it.
func TestBoundsOfFields(t *testing.T) {
	input := func(name string) []byte { return bytesField(11, bytesField(1, []byte(name))) }
	model := func(graph ...[]byte) []byte { return bytesField(7, join(graph...)) }
	long := strings.Repeat("n", maxText)
	fixed := join(protowire.AppendFixed32(protowire.AppendTag(nil, 90, protowire.Fixed32Type), 5),
		protowire.AppendFixed64(protowire.AppendTag(nil, 91, protowire.Fixed64Type), 5))
	for name, c := range map[string]struct {
		content []byte
		input   string // "": damaged
	}{
		"good":                   {model(input("x")), "x"},
		"unknown fields":         {join(fixed, model(fixed, input("x"), fixed)), "x"},
		"far behind":             {join(bytesField(90, make([]byte, 2*maxText)), model(input("x"))), "x"},
		"longest name":           {model(input(long)), long},
		"longer name":            {model(input(long + "n")), ""},
		"graph longer than file": {model(input("x"))[:8], ""},
		"field longer than graph": {join([]byte{7<<3 | 2, 2}, []byte{11<<3 | 2, 5},
			bytesField(1, []byte("x")), []byte{8, 1}), ""},
		"number cut by the graph's end": {join([]byte{7<<3 | 2, 2}, []byte{12 << 3, 0x80},
			[]byte{1<<3 | 2, 1, 0}), ""},
		"length cut by the end":        {[]byte{7<<3 | 2, 0x80}, ""},
		"4 bytes of which 3 are there": {join(model(input("x")), fixed[:5]), ""},
		"huge length":                  {binary.AppendUvarint([]byte{7<<3 | 2}, math.MaxUint64), ""},
		"group":                        {join(model(input("x")), []byte{1<<3 | 3}), ""},
		"field zero":                   {join(model(input("x")), []byte{0, 0}), ""},
		"no graph":                     {fixed, ""},
	} {
		h, err := readBytes(c.content)
		if c.input == "" {
			if !errors.Is(err, errDamaged) {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil || len(h.inputs) != 1 || h.inputs[0].name != c.input {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// failing is a disk that reads no byte from one place on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.from {
		return 0, io.ErrClosedPipe
	}
	return f.ReaderAt.ReadAt(p, at)
}

func TestErrorsOfReadingComeBack(t *testing.T) {
	content := bytesField(7, bytesField(11, bytesField(1, []byte("name"))))
	for from := range int64(len(content)) {
		_, err := readHeader(failing{bytes.NewReader(content), from}, int64(len(content)))
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("nothing from byte %d on: got %v", from, err)
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
