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

// instruction is one of the machine code: its operation without what follows the first point, and
// the whole text, as "HGMMA" and "HGMMA.64x256x16.F32 R24, gdesc[UR4], R24, gsb0".
type instruction struct{ operation, text string }

// Lines of nvdisasm -c: where a kernel's code begins, and an instruction, perhaps with a predicate.
var (
	sectionLine     = regexp.MustCompile(`^\s*\.section\s+\.text\.(\w+)`)
	instructionLine = regexp.MustCompile(
		`^\s*/\*[0-9a-f]{4,}\*/\s+((?:@!?U?P\w+\s+)?([A-Z]\w*).*?)\s*;`)
	productOf = regexp.MustCompile(`^HGMMA\.\d+x(\d+)x\d+\.F32 R(\d+), `)
	register  = regexp.MustCompile(`\bR(\d+)\b`)
)

// disassemble returns what nvdisasm says of a cubin. It warns of older cubins, which it reads.
func disassemble(ctx context.Context, tool string, cubin []byte) (string, error) {
	folder, err := os.MkdirTemp("", "musc-kernels-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "kernel.cubin")
	if err := os.WriteFile(path, cubin, 0o644); err != nil {
		return "", err
	}
	var said bytes.Buffer
	command := exec.CommandContext(ctx, tool, "-c", path)
	command.Stderr = &said
	text, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("nvdisasm: %w\n%s", err, said.String())
	}
	return string(text), nil
}

// kernelCode is the machine code of one kernel.
type kernelCode struct {
	kernel       string
	instructions []instruction
}

func readSASS(text string) []kernelCode {
	var kernels []kernelCode
	for line := range strings.Lines(text) {
		if match := sectionLine.FindStringSubmatch(line); match != nil {
			kernels = append(kernels, kernelCode{kernel: match[1]})
		} else if match := instructionLine.FindStringSubmatch(line); match != nil && len(kernels) > 0 {
			last := &kernels[len(kernels)-1]
			last.instructions = append(last.instructions, instruction{match[2], match[1]})
		}
	}
	return kernels
}

// schedule is what the machine code of a kernel with products of a warpgroup (wgmma) looks like.
type schedule struct {
	kernel   string
	columns  int // of a product
	products int // from one wait for the step before to the next
	moved    int // instructions that touch an accumulator while products are under way
	epilogue int // instructions of a warp from the wait for a tile's last product to the next tile
	slow     int // of the epilogue, those that take a warp two cycles: of the integer and logic unit
}

// slowOperations are those of the unit that takes 16 lanes a cycle of each quarter of a
// multiprocessor; the others that an epilogue has many of take 32 (FADD, IMAD) or go elsewhere.
var slowOperations = []string{"FMNMX", "FSEL", "FSETP", "IABS", "IADD3", "ISETP", "LEA", "LOP3", "PLOP3",
	"PRMT", "SEL", "SHF", "VIADD", "VIMNMX", "VIMNMX3"}

// scheduleOf measures a kernel; ok is false if it has no such products. The code must be as the
// compiler lays it out: the loop over the steps, the wait for all products, the epilogue, EXIT.
func scheduleOf(code kernelCode) (s schedule, ok bool, err error) {
	isProduct := func(i instruction) bool { return i.operation == "HGMMA" }
	first := slices.IndexFunc(code.instructions, isProduct)
	if first < 0 {
		return s, false, nil
	}
	match := productOf.FindStringSubmatch(code.instructions[first].text)
	if match == nil {
		return s, false, fmt.Errorf("%s: the form of %q is unknown", code.kernel,
			code.instructions[first].text)
	}
	s = schedule{kernel: code.kernel, columns: number(match[1])}
	from := number(match[2])
	to := from + s.columns/2
	last, count := -1, 0 // the wait for all; products since the last wait
	for k, i := range code.instructions {
		switch {
		case isProduct(i):
			count++
		case strings.HasPrefix(i.text, "WARPGROUP.DEPBAR"):
			if strings.HasSuffix(i.text, " 0x0") {
				last = k
			} else if s.products == 0 || count == s.products {
				s.products = count
			} else {
				return s, false, fmt.Errorf("%s: %d products in one step, %d in another", code.kernel,
					s.products, count)
			}
			count = 0
		}
	}
	if last < 0 {
		return s, false, fmt.Errorf("%s never waits for all products", code.kernel)
	}
	for _, i := range code.instructions[first:last] {
		for _, match := range register.FindAllStringSubmatch(i.text, -1) {
			if r := number(match[1]); !isProduct(i) && from <= r && r < to {
				s.moved++
				break
			}
		}
	}
	for _, i := range code.instructions[last:] {
		if i.operation == "EXIT" {
			return s, true, nil
		}
		s.epilogue++
		if slices.Contains(slowOperations, i.operation) {
			s.slow++
		}
	}
	return s, false, errors.New(code.kernel + " has no end")
}

// schedulesOf measures all such kernels of the outputs for sm_90a, the architecture that has them.
func schedulesOf(ctx context.Context, disassembler string, outputs map[string][]byte) ([]schedule,
	error) {

	var schedules []schedule
	for name, content := range outputs {
		if !strings.HasSuffix(name, "_sm_90a.cubin") {
			continue
		}
		text, err := disassemble(ctx, disassembler, content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, code := range readSASS(text) {
			s, ok, err := scheduleOf(code)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if ok {
				schedules = append(schedules, s)
			}
		}
	}
	slices.SortFunc(schedules, func(a, b schedule) int { return strings.Compare(a.kernel, b.kernel) })
	return schedules, nil
}
