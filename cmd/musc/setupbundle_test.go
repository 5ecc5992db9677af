package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/fault"
)

// emptyBundle is a bundle that holds nothing.
func emptyBundle(t *testing.T) string {
	t.Helper()
	t.Setenv("MUSC_CACHE", t.TempDir())
	path := filepath.Join(t.TempDir(), "empty.tar")
	if err := assets.WriteBundle(t.Context(), path, assets.BundleContent{}, assets.Options{}); err != nil {
		t.Fatal(err)
	}
	return path
}

// All is refused before anything is fetched or unpacked.
func TestBundlesAreRefused(t *testing.T) {
	empty := emptyBundle(t)
	for _, test := range []struct {
		name, args string
		code       int
		says       string // on standard error
	}{
		{"to read and to make", "--bundle a --make-bundle b", exitUsage, "--bundle and --make-bundle exclude"},
		{"and wheels", "--bundle a --wheels b", exitUsage, "exclude each other"},
		{"and where", "--bundle a --where model", exitUsage, "exclude each other"},
		{"to make, and where", "--make-bundle a --where model", exitUsage, "exclude each other"},
		{"to make, without a GPU", "--make-bundle a --no-gpu", exitUsage, "exclude each other"},
		{"an archive and no bundle", "--program musc-1.tar.gz", exitUsage, "--program is for --make-bundle"},
		{"from a pipe", "--bundle -", exitUsage, "takes the name of a file"},
		{"into a pipe", "--make-bundle -", exitUsage, "takes the name of a file"},
		{"an unknown name", "--bundle " + empty + " cat", exitUsage, "setup knows runtime"},
		{"a file that is absent", "--bundle /nowhere/b.tar", exitSetup, "cannot read the bundle: open /nowhere/b.tar"},
		{"nothing in it", "--bundle " + empty, exitSetup, "holds nothing that musc sets up here; make another"},
		{"not what is asked for", "--bundle " + empty + " codecs", exitSetup, "lacks JPEG, TIFF and WebP decoders"},
		{"nothing for a GPU", "--bundle " + empty + " gpu", exitSetup, "holds no libraries for a GPU; make " +
			"another with: musc setup --make-bundle FILE --cuda 13"},
		{"another CUDA", "--bundle " + empty + " --cuda 12", exitSetup, "no libraries of CUDA 12; make another " +
			"with: musc setup --make-bundle FILE --cuda 12"},
		{"an unknown CUDA", "--bundle " + empty + " --cuda 11", exitUsage, "choose 12 or 13"},
		{"a GPU and none", "--bundle " + empty + " --no-gpu gpu", exitUsage, "exclude each other"},
		{"the demonstration from one", "--bundle " + empty + " demo", exitUsage, "with a network run: musc setup demo"},
		{"one that is there", "--make-bundle " + empty, exitOutput, "is there already; delete it, or name another"},
		{"the demonstration", "--offline --make-bundle /tmp/absent/b.tar demo", exitUsage, "no commercial use"},
		{"no place", "--offline --make-bundle /nowhere/b.tar", exitOutput, "cannot write the bundle /nowhere/b.tar"},
		{"an unknown CUDA to make", "--make-bundle a --cuda 11", exitUsage, "choose 12 or 13"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("MUSC_CACHE", t.TempDir())
			t.Setenv("MUSC_LIBCUDA", "/nowhere/libcuda.so.1")
			code, _, stderr := musc(t, append([]string{"setup"}, strings.Fields(test.args)...)...)
			if code != test.code || !strings.Contains(stderr, test.says) {
				t.Errorf("exit %d, %q", code, stderr)
			}
		})
	}
}

// A bundle for a GPU is gathered without one; what it takes is told first.
func TestBundleForAGPU(t *testing.T) {
	t.Setenv("MUSC_CACHE", t.TempDir())
	path := filepath.Join(t.TempDir(), "b.tar")
	code, _, stderr := musc(t, "setup", "--offline", "--make-bundle", path, "--cuda", "12")
	if code != exitSetup || !strings.HasPrefix(stderr, "for a GPU: libraries of CUDA 12, for drivers from 525") {
		t.Errorf("exit %d, %q", code, stderr)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a bundle without its packages is there")
	}
}

func TestTimeOfABundle(t *testing.T) {
	for text, want := range map[string]int64{"": 946684800, "0": 0, "1700000000": 1700000000, "-1": -1,
		"now": -1, "99999999999": -1} {
		t.Setenv("SOURCE_DATE_EPOCH", text)
		at, err := bundleTime()
		if want < 0 && fault.KindOf(err) != fault.Usage || want >= 0 && (err != nil || at.Unix() != want) {
			t.Errorf("%q: %v, %v", text, at, err)
		}
	}
}

func TestPackOfABundleForDriver(t *testing.T) {
	none := errors.New("no NVIDIA driver")
	both := assets.Packs
	only12 := []*assets.Pack{&assets.CUDA12}
	only13 := []*assets.Pack{&assets.CUDA13}
	for _, test := range []struct {
		name    string
		packs   []*assets.Pack
		driver  cuda.Driver
		problem error
		insists bool
		want    *assets.Pack
		says    string // in the line, or in the error of those that insist in vain
	}{
		{"the newest", both, cuda.Driver{CUDA: 13000}, nil, false, &assets.CUDA13, "libraries of CUDA 13"},
		{"an older driver", both, cuda.Driver{CUDA: 12020}, nil, false, &assets.CUDA12, "libraries of CUDA 12"},
		{"an older pack", only12, cuda.Driver{CUDA: 13000}, nil, false, &assets.CUDA12, "libraries of CUDA 12"},
		{"too new a pack", only13, cuda.Driver{CUDA: 12020}, nil, false, nil,
			"b.tar holds no libraries for the GPU here (NVIDIA driver for CUDA 12.2); make another with: musc " +
				"setup --make-bundle FILE --cuda 12"},
		{"too new a pack, insisting", only13, cuda.Driver{CUDA: 12020}, nil, true, nil, "FILE --cuda 12"},
		{"too old a driver", both, cuda.Driver{CUDA: 11040}, nil, false, nil, "too old for a backbone"},
		{"no pack", nil, cuda.Driver{CUDA: 13000}, nil, false, nil, "--make-bundle FILE --cuda 13"},
		{"no driver", both, cuda.Driver{}, none, false, nil, "for a GPU stays in it: no NVIDIA driver (the name gpu insists)"},
		{"no driver, no pack", nil, cuda.Driver{}, none, false, nil, ""},
		{"no driver, insisting", both, cuda.Driver{}, none, true, &assets.CUDA13, "for drivers from 580 on"},
		{"no driver, no pack, insisting", nil, cuda.Driver{}, none, true, nil, "holds no libraries for a GPU"},
		{"a driver without a device, insisting", both, cuda.Driver{CUDA: 12090}, none, true, &assets.CUDA12,
			"of CUDA 12"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pack, why, err := packForDriver("b.tar", test.packs, test.driver, test.problem, test.insists)
			if fails := test.insists && test.want == nil; fails != (err != nil) ||
				fails && fault.KindOf(err) != fault.Setup {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				why = err.Error()
			}
			if pack != test.want || !strings.Contains(why, test.says) || strings.Contains(why, "\n") {
				t.Errorf("got %v, %q", pack, why)
			}
		})
	}
}
