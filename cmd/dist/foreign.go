package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"musc/engine/assets"
	"musc/engine/fault"
)

// What is no module of Go and yet is compiled in. C programs are made of headers, too: they declare, and
// bring constants and small functions.

// llvmLicence asks for nothing where code is compiled into a program; its words are handed on all
// the same.
const llvmLicence = "Apache-2.0 WITH LLVM-exception"

// headerFolders are where the compiler of the build finds headers: those of foreignParts, and of Linux,
// whose exception leaves programs that call it alone.
func headerFolders() ([]string, error) {
	cuda, err := assets.CUDAInclude()
	if err != nil {
		return nil, err
	}
	zig, err := assets.ZigPath()
	if err != nil {
		return nil, err
	}
	library := filepath.Join(filepath.Dir(zig), "lib")
	folders := []string{cuda, filepath.Join(library, "include")}
	for _, name := range []string{"x86-linux-gnu", "generic-glibc", "x86-linux-any", "any-linux-any"} {
		folders = append(folders, filepath.Join(library, "libc", "include", name))
	}
	return folders, nil
}

// foreignParts are what the compilers bring: Zig's helpers, clang's headers, glibc's start of a program,
// its statically linked functions and headers, and NVIDIA's cuda.h and NVRTC.
func foreignParts() ([]part, error) {
	zig, err := assets.ZigPath()
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(zig)
	wheel := "pkg:pypi/" + assets.Zig.Project + "@" + assets.Zig.Version
	helpers := part{Name: "compiler-rt of Zig", Version: assets.Zig.Version, Package: wheel}
	if err := helpers.read(folder); err != nil {
		return nil, err
	}
	clang := part{Name: "clang's headers, as in Zig", Version: assets.Zig.Version,
		Package: wheel + "#ziglang/lib/include", Licences: []string{llvmLicence}}
	words := filepath.Join(folder, "lib", "libunwind", "LICENSE.TXT") // of all of the LLVM Project
	if err := clang.add("LICENSE.TXT", words); err != nil {
		return nil, err
	}
	library := filepath.Join(folder, "lib", "libc", "glibc")
	c := part{Name: "glibc's start of a program and headers", Version: glibc,
		Package: "pkg:generic/glibc@" + glibc, Licences: []string{startLicence}}
	if err := c.addComment("start-2.33.S",
		filepath.Join(library, "sysdeps", "x86_64", "start-2.33.S")); err != nil {
		return nil, err
	}
	if err := c.add("LICENSES", filepath.Join(library, "LICENSES")); err != nil {
		return nil, err
	}
	nvidia, err := nvidiaParts()
	return append(nvidia, helpers, clang, c), err
}

// nvidiaParts are cuda.h, whose notice asks to be in the documentation, and NVRTC, whose own functions can
// be in the machine code of musc's kernels. Both are under the same file of words. A bundle can have other
// files of the same wheels, hence the files' names.
func nvidiaParts() ([]part, error) {
	headers := part{Name: "NVIDIA's cuda.h", Version: assets.CUDAHeaders.Version,
		Package: "pkg:pypi/" + assets.CUDAHeaders.Project + "@" + assets.CUDAHeaders.Version +
			"#nvidia/cuda_runtime/include/cuda.h",
		Licences: []string{assets.CUDAHeaders.Licence}}
	compiler := part{Name: "NVIDIA's NVRTC, in the code of kernels", Version: assets.CUDACompiler.Version,
		Package: "pkg:pypi/" + assets.CUDACompiler.Project + "@" + assets.CUDACompiler.Version +
			"#nvidia/cuda_nvrtc/lib",
		Licences: []string{assets.CUDACompiler.Licence}}
	include, err := assets.CUDAInclude()
	if err != nil {
		return nil, err
	}
	if err := headers.addComment("cuda.h", filepath.Join(include, "cuda.h")); err != nil {
		return nil, err
	}
	words, err := assets.Path(&assets.CUDAHeaders, "LICENSE")
	if err != nil {
		return nil, err
	}
	for _, p := range []*part{&headers, &compiler} {
		if err := p.add("LICENSE", words); err != nil {
			return nil, err
		}
	}
	return []part{headers, compiler}, nil
}

// onnxruntimeGo is the module that brings ONNX Runtime's headers.
const onnxruntimeGo = "github.com/yalue/onnxruntime_go"

var (
	apiVersion = regexp.MustCompile(`(?m)^#define ORT_API_VERSION (\d+)`)
	copyright  = regexp.MustCompile(`^// (Copyright .*)\n// (Licensed .*)\n`)
)

// runtimeHeader is onnxruntime_c_api.h, which the module binds: of Microsoft, and under the same words as
// the module, which has them only under its own author's name.
func runtimeHeader(module *part, folder string) (part, error) {
	content, err := os.ReadFile(filepath.Join(folder, "onnxruntime_c_api.h"))
	if err != nil {
		return part{}, fault.New(fault.Setup, "cannot read the licence of ONNX Runtime's header: %w", err)
	}
	version, owner := apiVersion.FindSubmatch(content), copyright.FindSubmatch(content)
	var words string
	for _, text := range module.Texts {
		if at := strings.Index(text.Content, "Permission is hereby granted"); at >= 0 {
			words = text.Content[at:]
		}
	}
	if version == nil || owner == nil || words == "" || string(owner[2]) != "Licensed under the MIT License." {
		return part{}, fault.New(fault.Input, "%s says no longer whose it is or of which version; look at "+
			"runtimeHeader in cmd/dist/foreign.go", filepath.Join(folder, "onnxruntime_c_api.h"))
	}
	release := "1." + string(version[1])
	return part{Name: "ONNX Runtime's onnxruntime_c_api.h", Version: release,
		Package: "pkg:github/microsoft/onnxruntime@v" + release, Licences: []string{"MIT"},
		Texts: []text{{"onnxruntime_c_api.h", string(owner[1]) + "\n" + string(owner[2]) + "\n\n" + words}}}, nil
}

// add takes the words in a file.
func (p *part) add(name, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fault.New(fault.Setup, "cannot read the licence of %s: %w; run make dist-setup", p.Name, err)
	}
	p.Texts = append(p.Texts, text{name, inUTF8(content)})
	return nil
}

// addComment takes the words of the comment by which a source begins.
func (p *part) addComment(name, path string) error {
	if err := p.add(name, path); err != nil {
		return err
	}
	last := &p.Texts[len(p.Texts)-1]
	comment, _, closed := strings.Cut(last.Content, "*/")
	if !strings.HasPrefix(comment, "/*") || !closed {
		return fault.New(fault.Input, "%s does not begin with its licence", path)
	}
	last.Content = strings.TrimSpace(strings.TrimPrefix(comment, "/*")) + "\n"
	return nil
}
