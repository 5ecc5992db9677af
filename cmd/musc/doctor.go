package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/cgo/cpu"
	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/backbone"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/imageio"
	"musc/engine/memory"
	"musc/kernels"
	"musc/models"
	"musc/models/build"
	"musc/models/resolve"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check whether musc can do its main job here, and say what to do if not",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "library", Usage: "the ONNX Runtime library `FILE` to check"},
			&cli.BoolFlag{Name: "verify", Usage: "read every cached file and compare its checksum"},
			&cli.BoolFlag{Name: selfTestFlag, Usage: "test the kernels of every GPU again"},
			&cli.BoolFlag{Name: "json", Usage: "errors as JSON on standard output"},
		},
		OnUsageError: usageError,
		Action:       doctor,
	}
}

// doctor prints one line a finding; what keeps "musc score" from working makes it fail.
func doctor(c *cli.Context) error {
	report := &findings{out: c.App.Writer}
	report.ok("musc", "%s, %s, %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	report.ok("processor", "%d threads, %s kernels", runtime.GOMAXPROCS(0), cpu.Level())
	report.ok("memory", "bound by default to %s", features.FormatBytes(memory.FairShare()))
	cache, err := assets.Cache()
	report.result("cache", err, "%s", cache)
	library, err := resolve.Library(c.String("library"), device.Auto)
	if report.result("ONNX Runtime", err, "%s", library); err == nil {
		report.library(library)
	}
	report.cuda(c)
	report.decoders()
	report.models()
	if path, err := assets.DemoManifest(); err == nil {
		report.ok("demo photos", "%s", path)
	} else {
		report.note("demo photos", "not fetched; musc setup demo gets them")
	}
	if c.Bool("verify") {
		report.verify(c)
	}
	if c.Bool(selfTestFlag) {
		if err := report.selfTestError(); err != nil {
			return err
		}
	}
	if report.failed > 0 {
		return fault.New(fault.Setup, "musc score cannot run yet: %d of the findings above need you",
			report.failed)
	}
	fmt.Fprintln(c.App.Writer, "\nReady: musc score photos/ -o out")
	return nil
}

// findings prints what doctor finds and counts what is missing.
type findings struct {
	out    io.Writer
	failed int

	tested, untrusted int // kernels
}

func (f *findings) line(mark, name, format string, args ...any) {
	fmt.Fprintf(f.out, "%-4s %-14s %s\n", mark, name, fmt.Sprintf(format, args...))
}

func (f *findings) ok(name, format string, args ...any)   { f.line("ok", name, format, args...) }
func (f *findings) note(name, format string, args ...any) { f.line("-", name, format, args...) }

// result prints the error if there is one, else the text.
func (f *findings) result(name string, err error, format string, args ...any) {
	if err == nil {
		f.ok(name, format, args...)
		return
	}
	f.failed++
	f.line("FAIL", name, "%v", err)
}

// library loads the library and looks for a GPU with it.
func (f *findings) library(path string) {
	release, err := backbone.Version(path)
	f.result("  version", err, "%s", release)
	if err == nil {
		f.gpu(path)
	}
}

// cuda lists the devices for mutual scoring. Their memory is asked for through a context: a device
// that is there but cannot be used is found out.
func (f *findings) cuda(c *cli.Context) {
	devices, err := cuda.Devices()
	if err != nil {
		f.note("CUDA", "none for mutual scoring: %v", err)
		return
	}
	for _, device := range devices {
		err := kernels.Supported(device.Major, device.Minor)
		var free, total int64
		if err == nil {
			free, total, err = cuda.Memory(device.Ordinal)
		}
		if err != nil {
			f.note("CUDA", "no mutual scoring on %s: %v", device, err)
			continue
		}
		f.ok("CUDA", "%s, %s of %s free, driver for CUDA %s", device, features.FormatBytes(free),
			features.FormatBytes(total), device.Driver)
		f.kernels(c, device)
	}
}

// decoders says what reads JPEG, TIFF and WebP. Without the libraries some kinds are not read.
func (f *findings) decoders() {
	if names, err := imageio.Decoders(); err == nil {
		f.ok("decoders", "%s", names)
	} else {
		f.note("decoders", "Go's, which read fewer kinds of JPEG and TIFF: %v", err)
	}
}

// models lists the backbones whose weights are here. The default one must be.
func (f *findings) models() {
	var here []string
	for _, spec := range models.Registry {
		path, err := resolve.Weights(spec)
		if spec.Name == models.DefaultName {
			f.result("default model", err, "%s (%s)", spec.Name, path)
		} else if err == nil {
			here = append(here, spec.Name)
		}
	}
	if len(here) > 0 {
		f.ok("other models", "%s", strings.Join(here, ", "))
	} else {
		f.note("other models", "none fetched; see musc models list")
	}
}

// verify reads every pinned file and every built graph that is in the cache.
func (f *findings) verify(c *cli.Context) {
	artifacts := []*assets.Artifact{&assets.Runtime, &assets.Weights, &assets.Codecs, &assets.Demo}
	for _, pack := range assets.Packs {
		for k := range pack.Artifacts {
			artifacts = append(artifacts, &pack.Artifacts[k])
		}
	}
	for _, artifact := range artifacts {
		if _, err := assets.Path(artifact, ""); err == nil { // what is missing is told above
			f.result("checksums", assets.Verify(c.Context, artifact), "%s", artifact.Title)
		}
	}
	folder, err := resolve.GraphFolder()
	if err != nil {
		return // told above
	}
	graphs, err := build.Built(folder)
	if err != nil {
		f.result("checksums", err, "")
	}
	for _, graph := range graphs {
		f.result("checksums", build.Verify(c.Context, graph), "%s", filepath.Base(graph))
	}
}
