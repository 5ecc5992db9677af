//go:build linux

package kernels

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"musc/cgo/cuda/fake"
)

// cases are those of emulator/cases.cpp: one patch, two, around the tiles of 128, 232 and 256, the
// grid of a ViT-L at 518; channels that are a multiple of what a buffer has and those that are not,
// fewer buffers of them than there are and more; features that are equally near, that need more
// bits than a packed one keeps, whose distances are rounded to below 0, and that are no numbers; patches
// that must be near, on grids narrower and wider than a tile.
var cases = []string{
	"search 1x1 32", "search 1x2 64", "search 1x127 32", "search 8x16 96", "search 1x129 160",
	"search 37x37 32", "search 1x257 32 wide",
	"search_hopper 1x1 32", "search_hopper 1x2 64 wide", "search_hopper 1x127 96 negative",
	"search_hopper 8x16 32", "search_hopper 1x129 320 wide", "search_hopper 1x231 32 negative",
	"search_hopper 1x232 32", "search_hopper 1x233 32 wide", "search_hopper 1x256 64 nan",
	"search_hopper 1x257 96", "search_hopper 1x300 32 nan",
	"search_hopper_232 1x1 64 nan", "search_hopper_232 1x2 32", "search_hopper_232 1x127 96 wide",
	"search_hopper_232 8x16 32", "search_hopper_232 1x129 288", "search_hopper_232 1x231 32 nan",
	"search_hopper_232 1x232 64 negative", "search_hopper_232 1x233 96", "search_hopper_232 1x256 32",
	"search_hopper_232 1x257 64 wide", "search_hopper_232 1x300 32 negative",
	"search_hopper_232 37x37 32 wide",
	"search 1x1 32 ties 1", "search 1x257 32 wide 2", "search 3x150 32 wide 1", "search 20x21 64 ties 3",
	"search 129x1 32 ties 1", "search 5x4 32 wide 9", "search 3x43 32 nan 1", "search 37x37 32 ties 2",
	"search_hopper 1x1 32 wide 2", "search_hopper 3x300 32 wide 1", "search_hopper 40x13 96 wide 3",
	"search_hopper 1x300 32 nan 2", "search_hopper 257x1 64 negative 1",
	"search_hopper_232 1x233 32 ties 1", "search_hopper_232 13x41 288 negative 3",
	"search_hopper_232 20x21 64 nan 2", "search_hopper_232 37x37 32 wide 2",
	"average 1x1 5", "average 1x2 32", "average 3x43 31", "average 7x5 130",
	"average 1x3 600",
}

// Every case is right in any order of the threads, with the emulator's watch and the sanitizers.
func TestKernels(t *testing.T) {
	fake.Only(t)
	watched, sanitized := buildBoth(t, "emulator/cases.cpp")
	var runs errgroup.Group
	runs.SetLimit(2)
	defer runs.Wait()
	for k, name := range cases {
		orders := []string{"forward", "reverse", "1"}
		if strings.Contains(name, "37x37") {
			orders = orders[2:]
		} else if strings.HasPrefix(name, "search_hopper") { // many: two orders each
			orders = slices.Delete(orders, k%3, k%3+1)
		}
		for _, order := range orders {
			for _, program := range []string{watched, sanitized} {
				runs.Go(func() error {
					expect(t, program, name, order, "")
					return nil
				})
			}
		}
	}
}

// plant is a fault in a kernel's source: the text that it replaces, once.
type plant struct {
	what, file, text, with string
	on                     string // the case that must find it
	says                   string // one of the reasons between bars
}

var plants = []plant{
	{"no barrier before the product", "product.h",
		"__syncthreads(); // all copies are there, and nobody reads the buffer to be filled next", "",
		"search 1x129 160", "race: |before the wait|nobody wrote"},
	{"a wait for one group too few", "product.h", "wait_copies<Stages - 2>", "wait_copies<Stages - 1>",
		"search 1x129 160", "before the wait"},
	{"no barrier between tiles", "product.h",
		"__syncthreads(); // the next tile may overwrite the buffers", "", "search 1x129 64",
		"race: |before the wait"},
	{"padding that is read", "product.h",
		"bool present = row < count;", "bool present = row <= count;",
		"search 1x129 32", "out of bounds: device|read of what nobody wrote"},
	{"the wrong half of a matrix", "product.h", "chunk + lane / 16)", "chunk)", "search 1x2 64",
		"key"},
	{"the rows of the other matrix", "product.h",
		"lane / 16 * 8 + lane % 8", "lane / 8 * 8 + lane % 8",
		"search 1x129 64", "key|race: |out of bounds"},
	{"lanes that do not take part", "search.cu", "take_from(best, 16);", "", "search 8x16 96", "key"},
	{"of equals the later one", "keys.h", "(0xffffffffu - patch)", "patch", "search 8x16 32", "key"},
	{"padding that is nearest", "pairs.h", "patch < patches ? half_norms[patch]",
		"patch < patches + 1 ? half_norms[patch]", "search 1x127 32", "key|out of bounds"},
	{"a sum that is read too late", "sums.h", "__syncthreads(); // of_warps may still be read", "",
		"average 3x5 130", "race: "},
	{"a window beyond the grid", "prepare.cu", "min(patch / width + radius, height - 1)",
		"patch / width + radius", "average 3x5 32", "out of bounds|score"},
	{"lanes that read what one wrote", "average.cu",
		"__syncwarp(); // ends and totals were read by all lanes", "", "average 3x5 32", "race: "},
	{"one too few of the nearest", "average.cu",
		"return {limit, k - above};", "return {limit, k - above - 1};",
		"average 3x5 32", "score"},
	{"squares that are forgotten between calls", "average.cu",
		"begin > 0 && selected ?", "begin < 0 && selected ?", "average 1x3 600", "score"},
	{"ends that are taken from by every call", "average.cu", "if (lane == 0 && end == channels)",
		"if (lane == 0)", "average 1x3 600", "score"},
	{"no wait for a buffer", "search_hopper.cu",
		"barrier_wait(&shared.full[stage], step / Stages % 2);", "", "search_hopper 1x129 320",
		"before the wait|nobody wrote"},
	{"the other phase", "search_hopper.cu", "(step / Stages + 1) % 2", "step / Stages % 2",
		"search_hopper 1x2 64", "waits at barrier_wait"},
	{"a buffer that is given back too early", "search_hopper.cu", "products_wait<1>()",
		"products_wait<2>()", "search_hopper 1x129 320", "race: |before the wait"},
	{"a buffer that one warp gives back for four", "search_hopper.cu",
		"bool first_lane = thread % 32 == 0;", "bool first_lane = thread < Warps;",
		"search_hopper_232 1x129 320", "race: |before the wait"},
	{"a buffer that one reader gives back", "search_hopper.cu",
		"barrier_init(&shared.empty[stage], Readers * Warps)",
		"barrier_init(&shared.empty[stage], Warps)", "search_hopper 1x129 320",
		"race: |before the wait"},
	{"a reader that lags by more steps than there are", "search_hopper.cu",
		"min((channels + Channels - 1) / Channels, Stages)", "Stages", "search_hopper 1x2 64",
		"waits at barrier_wait"},
	{"a reader that lags by more steps than there are buffers", "search_hopper.cu",
		"min((channels + Channels - 1) / Channels, Stages)",
		"min((channels + Channels - 1) / Channels, Stages + 1)", "search_hopper_232 1x1 320",
		"waits at barrier_wait"},
	{"fewer bytes than come", "search_hopper.cu",
		"barrier_expect(&shared.full[stage], shared.BufferBytes)",
		"barrier_expect(&shared.full[stage], RowBytes)", "search_hopper 1x129 320",
		"race: |before the wait"},
	{"sums before they are there", "search_hopper.cu", "products_wait<0>();", "",
		"search_hopper 1x2 64", "key|race: "},
	{"no fence before a product", "search_hopper.cu", "products_begin();", "", "search_hopper 1x2 64",
		"products_begin is missing"},
	{"norms before they are there", "search_hopper.cu",
		"named_barrier(1 + reader, Group); // norms are there, and of_columns was read", "",
		"search_hopper 1x2 32", "race: |nobody wrote"},
	{"maxima before they are there", "search_hopper.cu",
		"named_barrier(1 + reader, Group); // of_columns is there, and norms were read", "",
		"search_hopper_232 1x257 32", "race: |nobody wrote"},
	{"the wrong swizzle", "search_hopper.cu", "k * Step * 2 >> 4", "k * Step * 4 >> 4",
		"search_hopper 1x2 64", "key|misaligned|nobody wrote|out of bounds"},
	{"tiles that are left out", "search_hopper.cu", "row -= carry ? down : 0;", "",
		"search_hopper_232 1x234 32", "key"},
	{"padding that is nearest to a row", "search_hopper.cu", "patch < patches ? half_norms[patch]",
		"patch < patches + 1 ? half_norms[patch]", "search_hopper 1x127 32", "key|out of bounds"},
	{"a tag that hides bits", "search_hopper.cu", "in_register(~TagMask)",
		"in_register(~(2 * TagMask + 1))", "search_hopper 1x129 160 wide", "key"},
	{"bits that hide a tag", "search_hopper.cu", "in_register(~TagMask)",
		"in_register(~(TagMask / 2))", "search_hopper 1x129 160 wide", "key"},
	{"a row's number over the slot's", "search_hopper.cu", "in_register(-(1 << SlotBits))",
		"in_register(-1)", "search_hopper 8x16 32", "key"},
	{"of equal rows that of the lower tag", "search_hopper.cu",
		"if (untagged(other) >= untagged(nearest)) continue;", "if (other >= nearest) continue;",
		"search_hopper 8x16 32", "key"},
	{"warps that suppose no sign", "search_hopper.cu",
		"if (untagged(other) >= untagged(nearest)) continue;",
		"if ((unsigned)untagged(other) >= (unsigned)untagged(nearest)) continue;",
		"search_hopper_232 1x127 96 negative", "key"},
	{"a column of a lane that is not nearest", "search_hopper.cu",
		"if (nearest != untagged(rows[half])) column = MostColumns;", "", "search_hopper 8x16 32",
		"key"},
	{"lines however far apart", "near.h", "Carries = 0x80008000u", "Carries = 0x00008000u",
		"search 20x21 64 ties 3", "key"},
	{"columns however far apart", "near.h", "Carries = 0x80008000u", "Carries = 0x80000000u",
		"search_hopper 40x13 96 wide 3", "key"},
	{"a radius off by one", "near.h", "above = Most - reach - place;",
		"above = Most - reach - place + 1;", "search_hopper_232 13x41 288 negative 3", "key"},
	{"lines without an end", "near.h", "to + 0x10000u - width", "to", "search 20x21 64 ties 3", "key"},
	{"products that are taken before the list is looked at", "search.cu",
		"tiles.find((int)(task % tiles.count), row, column);",
		"AllTiles(patches).find((int)(task % tiles.count), row, column);", "search 20x21 64 ties 3",
		"key"},
	{"all tiles", "search_hopper.cu", "search_tiles<NearTiles<columns>, columns>",
		"search_tiles<AllTiles<columns>, columns>", "search_hopper_232 37x37 32 wide 2", "tiles of|key"},
	{"far products that are not dropped", "search.cu", "tiles.drop(products, row, column);", "",
		"search 3x150 32 wide 1", "key"},
	{"far products that are not dropped, by a warpgroup", "search_hopper.cu",
		"tile.drop(products, places, row);", "", "search_hopper 3x300 32 wide 1", "key"},
	{"places of the tile before", "search_hopper.cu", "tile.write_places(places, thread);", "",
		"search_hopper_232 20x21 64 nan 2", "nobody wrote"},
	{"of equal patches the later one, packed", "packed.h", "(0xffffffffu - patch)", "patch",
		"search_hopper 1x257 32", "key"},
}

// Every planted fault is found, and for the right reason.
func TestPlantedFaultsAreFound(t *testing.T) {
	fake.Only(t)
	findPlants(t, "-O0", "emulator/cases.cpp", plants)
}

// findPlants builds the program once with each fault, at a level of optimisation, and runs the case
// that must find it.
func findPlants(t *testing.T, level, program string, plants []plant) {
	t.Helper()
	emulator := buildEmulator(t)
	programs := make([]string, len(plants))
	var builds errgroup.Group
	builds.SetLimit(2)
	for k, p := range plants {
		programs[k] = filepath.Join(filepath.Dir(emulator), fmt.Sprint("planted", k))
		folder := programs[k] + "-sources"
		if err := copySources(folder, p); err != nil {
			t.Fatal(err)
		}
		builds.Go(func() error {
			return watch(level, filepath.Join(folder, program), programs[k], emulator)
		})
	}
	if err := builds.Wait(); err != nil {
		t.Fatal(err)
	}
	for k, p := range plants {
		t.Run(p.what, func(t *testing.T) { expect(t, programs[k], p.on, "forward", p.says) })
	}
}

// copySources copies the kernels with the fault in them.
func copySources(folder string, p plant) error {
	planted := false
	for _, pattern := range []string{"*.cu", "*.h", "emulator/*.h", "emulator/*.cpp"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			text := string(content)
			if name == p.file {
				planted = strings.Count(text, p.text) == 1
				text = strings.Replace(text, p.text, p.with, 1)
			}
			to := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	if !planted {
		return fmt.Errorf("%s: the text to be replaced is not there just once in %s", p.what, p.file)
	}
	return nil
}
