package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// architectures are those that machine code is made for: A100, RTX 30, RTX 40, H100. The code for
// 9.0 uses what only 9.0 has (wgmma), hence the a.
var architectures = []string{"sm_80", "sm_86", "sm_89", "sm_90a"}

// The PTX is for drivers that know of no other code here: any from 525 on, by its version.
const (
	portable     = "sm_80"
	portablePTX  = "compute_80"
	newVersion   = ".version 8.8\n"
	knownVersion = ".version 8.0\n"
)

// toolchain are the pinned tools.
type toolchain struct {
	assembler    string   // ptxas
	disassembler string   // nvdisasm
	includes     []string // folders with the compiler's headers
}

// only matches the line by which a source is for some architectures: "// architectures: sm_90a".
var only = regexp.MustCompile(`(?m)^// architectures: (.+)$`)

// compile makes all outputs of a source, by file name, and tells what its kernels use.
func (t *toolchain) compile(ctx context.Context, source string) (map[string][]byte, []usage,
	error) {

	text, err := os.ReadFile(source)
	if err != nil {
		return nil, nil, err
	}
	targets := architectures
	if match := only.FindSubmatch(text); match != nil {
		targets = strings.Fields(string(match[1]))
	}
	name := strings.TrimSuffix(filepath.Base(source), ".cu")
	outputs := map[string][]byte{}
	var usages []usage
	for _, target := range targets {
		if !slices.Contains(architectures, target) {
			return nil, nil, fmt.Errorf("unknown architecture %q; choose among %s", target,
				strings.Join(architectures, ", "))
		}
		ptx, err := t.toPTX(string(text), source, "compute_"+strings.TrimPrefix(target, "sm_"))
		if err != nil {
			return nil, nil, err
		}
		cubin, used, err := t.assemble(ctx, ptx, target)
		if err != nil {
			return nil, nil, err
		}
		outputs[name+"_"+target+".cubin"] = cubin
		usages = append(usages, used...)
		if target != portable {
			continue
		}
		lowered, err := t.lower(ctx, ptx, cubin)
		if err != nil {
			return nil, nil, err
		}
		outputs[name+"_"+portablePTX+".ptx"] = []byte(lowered)
	}
	return outputs, usages, nil
}

func (t *toolchain) toPTX(text, source, target string) (string, error) {
	options := []string{"--gpu-architecture=" + target, "-std=c++17",
		"--include-path=" + filepath.Dir(source)}
	for _, folder := range t.includes {
		options = append(options, "--include-path="+folder)
	}
	return toPTX(text, filepath.Base(source), options)
}

// assemble makes machine code of PTX. The files have the same names wherever the folder is.
func (t *toolchain) assemble(ctx context.Context, ptx, target string) ([]byte, []usage, error) {
	folder, err := os.MkdirTemp("", "musc-kernels-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "kernel.ptx"), []byte(ptx), 0o644); err != nil {
		return nil, nil, err
	}
	command := exec.CommandContext(ctx, t.assembler, "-v", "-arch="+target, "-o", "kernel.cubin",
		"kernel.ptx")
	command.Dir = folder
	var report bytes.Buffer
	command.Stdout, command.Stderr = &report, &report
	if err := command.Run(); err != nil {
		return nil, nil, fmt.Errorf("ptxas for %s: %w\n%s", target, err, report.String())
	}
	used, err := readReport(report.String(), target)
	if err != nil {
		return nil, nil, err
	}
	cubin, err := os.ReadFile(filepath.Join(folder, "kernel.cubin"))
	return cubin, used, err
}

// lower writes an older version into the PTX and makes sure that it is none: it must assemble to
// the same machine code.
func (t *toolchain) lower(ctx context.Context, ptx string, cubin []byte) (string, error) {
	if strings.Count(ptx, newVersion) != 1 {
		return "", errors.New("the compiler's PTX is not" + strings.TrimSpace(newVersion))
	}
	lowered := strings.Replace(ptx, newVersion, knownVersion, 1)
	again, _, err := t.assemble(ctx, lowered, portable)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(again, cubin) {
		return "", errors.New("PTX needs a newer version than" + strings.TrimSpace(knownVersion))
	}
	return lowered, nil
}
