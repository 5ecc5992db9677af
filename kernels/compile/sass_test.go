package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/kernels"
)

// code is a kernel as nvdisasm writes it: two steps of two products, and an epilogue of four
// instructions, two of them slow.
const code = `	.section	.text.plain,"ax",@progbits
        /*0000*/                   EXIT ;
	.section	.text.products,"ax",@progbits
        /*0000*/                   WARPGROUP.ARRIVE ;
        /*0010*/                   HGMMA.64x16x16.F32 R24, gdesc[UR4], R24, UP0 ;
        /*0020*/                   R2UR UR24, R2 ;
        /*0030*/                   HGMMA.64x16x16.F32 R24, gdesc[UR4], R24, gsb0 ;
        /*0040*/                   WARPGROUP.DEPBAR.LE gsb0, 0x1 ;
.L_x_1:
        /*0050*/              @!P2 SYNCS.ARRIVE.TRANS64.A1T0 RZ, [R5+URZ], RZ ;
        /*0060*/                   HGMMA.64x16x16.F32 R24, gdesc[UR4], R24 ;
        /*0070*/                   HGMMA.64x16x16.F32 R24, gdesc[UR4], R24, gsb0 ;
        /*0080*/                   WARPGROUP.DEPBAR.LE gsb0, 0x1 ;
        /*0090*/                   IADD3 R32, R23, 0x1, RZ ;
        /*00a0*/                   WARPGROUP.DEPBAR.LE gsb0, 0x0 ;
        /*00b0*/                   FADD R2, -R24, R3 ;
        /*00c0*/                   VIMNMX3 R4, R2, R4, R5, PT ;
        /*00d0*/              @!P0 LOP3.LUT R2, R2, R6, RZ, 0xc0, !PT ;
        /*00e0*/                   EXIT ;
        /*00f0*/                   BRA ` + "`(.L_x_1)" + ` ;
`

func TestSchedule(t *testing.T) {
	for _, test := range []struct {
		name, text, with string
		want             schedule
		problem          string
	}{
		{"as it is", "", "", schedule{"products", 16, 2, 0, 4, 2}, ""},
		{"an accumulator that is read", "R2UR UR24, R2 ", "MOV R2, R31 ",
			schedule{"products", 16, 2, 1, 4, 2}, ""},
		{"an accumulator that is written", "IADD3 R32", "IADD3 R31", schedule{"products", 16, 2, 1, 4, 2},
			""},
		{"a wait between products", "R2UR UR24, R2 ", "WARPGROUP.DEPBAR.LE gsb0, 0x1 ", schedule{},
			"1 products in one step, 2 in another"},
		{"no end", "        /*00e0*/                   EXIT ;\n", "",
			schedule{}, "products has no end"},
		{"no wait for all", "gsb0, 0x0", "gsb0, 0x1", schedule{}, "products in one step"},
		{"another form", "HGMMA.64x16x16.F32 R24, gdesc[UR4], R24, UP0", "HGMMA.SP.64x16x16 R24",
			schedule{}, "the form of"},
	} {
		t.Run(test.name, func(t *testing.T) {
			kernels := readSASS(strings.Replace(code, test.text, test.with, 1))
			if len(kernels) != 2 {
				t.Fatalf("%d kernels", len(kernels))
			}
			if _, ok, err := scheduleOf(kernels[0]); ok || err != nil {
				t.Errorf("a kernel without products: %v, %v", ok, err)
			}
			got, ok, err := scheduleOf(kernels[1])
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("got %v, want %q", err, test.problem)
				}
			} else if err != nil || !ok || got != test.want {
				t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, test.want)
			}
		})
	}
}

func TestScheduleBudget(t *testing.T) {
	found := []schedule{{"products", 16, 4, 0, 900, 500}}
	for _, test := range []struct{ name, rows, problem string }{
		{"exactly", "products,4,0,900", ""},
		{"below", "products,4,2,1000", ""},
		{"a longer epilogue", "products,4,0,899", "over"},
		{"products apart", "products,8,0,900", "4 products a step instead of 8"},
		{"none", "", "no row for products,4,0,900"},
		{"a kernel that is gone", "products,4,0,900\nold,4,0,900", "a row for old"},
		{"letters", "products,4,no,900", "moved"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "schedule.csv")
			text := "# why\nkernel,products,moved,epilogue\n" + test.rows + "\n"
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			limits, err := readSchedules(path)
			if err == nil {
				err = compareSchedules(io.Discard, found, limits)
			}
			if test.problem == "" && err != nil ||
				test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
		})
	}
	moving := []schedule{{"products", 16, 4, 1, 900, 500}}
	if err := compareSchedules(io.Discard, moving, found); err == nil {
		t.Error("accumulators that are moved are not compared")
	}
}

// The committed code is within its budget, and code with a fault in it is not.
func TestCommittedSchedules(t *testing.T) {
	tools := tools(t)
	source, err := os.ReadFile("../search_hopper.cu")
	if err != nil {
		t.Fatal(err)
	}
	limits, err := readSchedules("../schedule.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, text, with, problem string }{
		{"as it is", "", "", ""},
		{"a wait for every product", "columns + next, channel + k > 0);",
			"columns + next, channel + k > 0); products_commit(); products_wait<1>();", "products a step"},
		{"masks that are constants", "return x * (int)gridDim.z;", "return x;", "over its budget"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS("..")); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, "search_hopper.cu")
			text := strings.Replace(string(source), test.text, test.with, 1)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			outputs, _, err := tools.compile(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			found, err := schedulesOf(t.Context(), tools.disassembler, outputs)
			if err == nil {
				err = compareSchedules(io.Discard, found, limits)
			}
			if test.problem == "" && err != nil ||
				test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
		})
	}
}

// The table of README.md is the model's. For the kernel as it was, an independent count by hand gave
// 17250 cycles of products, 6300 of epilogues and 500 before a tile: 543 TFLOP/s.
func TestModel(t *testing.T) {
	const channels = 1024
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		variant                string
		patches, columns, slow int
		together               bool
	}{
		{"37 x 37, before", 1369, 256, 1412, true},
		{"232 columns", 1369, 232, 1412 * 232 / 256, true},
		{"packed keys", 1369, 256, 575, true},
		{"staggered readers", 1369, 256, 1412, false},
		{"packed and staggered", 1369, 256, 575, false},
		{"all three, `search_hopper_232`", 1369, 232, 560, false},
		{"32 x 32, `search_hopper`", 1024, 256, 575, false},
	} {
		products := 2 * 4 * float64(test.columns) / halfColumns / issued * channels / channelsOfStep
		cycles := tileCycles(test.columns, test.slow, channels, test.together)
		tiles := ((test.patches + 127) / 128) * ((test.patches + test.columns - 1) / test.columns)
		useful := float64(test.patches*test.patches) / float64(tiles*128*test.columns)
		row := fmt.Sprintf("| %s | %.0f + %.0f | %.0f |", test.variant, products, cycles-products,
			usefulTeraflops(test.columns, useful, cycles, channels))
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %s", row)
		}
	}
	all, within := tileCycles(232, 560, channels, false), tileCycles(232, 800, channels, false)
	text := fmt.Sprintf("a tile takes %.0f cycles instead of %.0f", within, all)
	for _, near := range []int{2, 4, 8} {
		taken, tiles := kernels.NearTiles(kernels.SearchHopper, 37, 37, near)
		left := fmt.Sprintf("%.0f %%", 100*float64(taken)/float64(tiles)*within/all)
		if !strings.Contains(string(readme), left) {
			t.Errorf("README.md does not say that %s of the time are left within %d", left, near)
		}
	}
	if !strings.Contains(string(readme), text) {
		t.Errorf("README.md does not say that %s", text)
	}
}
