//go:build cuda && linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/npy"
)

// onFake runs musc in a process of its own, on a fake device of compute capability 9.0 with the
// kernels of an emulator, and an empty cache.
func onFake(t *testing.T) func(environment string, args ...string) (stdout, stderr string,
	code int) {
	t.Helper()
	base := append(os.Environ(), asMusc+"=1", "MUSC_CACHE="+t.TempDir(), "MUSC_FAKE_CAPABILITY=9.0",
		fake.LibraryVariable+"="+fakeDriver(t), fake.KernelsVariable+"="+emulatedKernels(t))
	return func(environment string, args ...string) (string, string, int) {
		t.Helper()
		command := exec.Command(os.Args[0], args...)
		command.Env = append(append([]string(nil), base...), strings.Fields(environment)...)
		var stdout, stderr strings.Builder
		command.Stdout, command.Stderr = &stdout, &stderr
		_ = command.Run() // the code says it
		return stdout.String(), stderr.String(), command.ProcessState.ExitCode()
	}
}

// kernelLines are doctor's about kernels.
func kernelLines(stdout string) string {
	var lines []string
	for line := range strings.Lines(stdout) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == "kernel" {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// The first use tests in a child, once; doctor shows what was found and repeats it.
func TestTrustBeforeUse(t *testing.T) {
	musc := onFake(t)
	tokens := filepath.Join(t.TempDir(), "tokens.npy")
	values := make([]float32, 3*6*8)
	for k := range values {
		values[k] = float32(k*k%17) - float32(k%5)
	}
	if err := npy.Write(tokens, []int{3, 6, 8}, values); err != nil {
		t.Fatal(err)
	}
	score := func(environment string, extra ...string) (stderr string, code int) {
		t.Helper()
		_, stderr, code = musc(environment, append([]string{"mutual", "--stage", tokens, "--grid", "2x3",
			"--overwrite", "-o", filepath.Join(t.TempDir(), "scores.npy")}, extra...)...)
		return stderr, code
	}
	expect := func(what, got string, want ...string) {
		t.Helper()
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %q in %q", what, part, got)
			}
		}
	}

	stdout, _, _ := musc("", "doctor")
	if got := kernelLines(stdout); got != "- kernel search_hopper searches on cuda:0 if it passes its "+
		"self-test, before the first use or by musc doctor --self-test" {
		t.Errorf("before: %q", got)
	}
	const crash = "MUSC_FAKE_KERNEL=search_hopper*=crash"
	stderr, code := score(crash, "--scorer", "cuda:0")
	expect("search_hopper crashes", stderr, "first use of kernel search_hopper",
		"kernel search_hopper failed its self-test on ", "its process crashed: SIGABRT",
		"kernel search is tried instead; please report what musc doctor --self-test prints")
	if code != exitOK {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if stderr, code = score(crash, "--scorer", "cuda:0"); code != exitOK ||
		strings.Contains(stderr, "first use") {
		t.Errorf("again: exit %d: %s", code, stderr)
	}
	stdout, _, _ = musc("", "doctor")
	expect("afterwards", kernelLines(stdout), "- kernel search_hopper is not used on cuda:0: it failed",
		"ok kernel search searches on cuda:0: it passed its self-test on ", " of the CPU's;")

	stdout, stderr, code = musc("", "doctor", "--self-test")
	expect("repeated", kernelLines(stdout), "ok kernel search_hopper searches on cuda:0: it passed",
		"ok kernel search is in reserve for cuda:0: it passed")
	if strings.Contains(stderr, "self-test") {
		t.Errorf("exit %d: %s", code, stderr)
	}

	const both = "MUSC_FAKE_KERNEL=search_hopper*=wrong,search=crash"
	stdout, stderr, code = musc(both, "doctor", "--self-test")
	expect("both fail", kernelLines(stdout), "search_hopper is not used on cuda:0: it failed",
		"from its nearest", "search is not used on cuda:0: it failed", "its process crashed",
		"none is trusted on cuda:0: the CPU scores")
	expect("both fail", stderr, "2 of 2 kernels did not pass their self-test")
	if code != exitSetup {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if stderr, code = score(both, "--scorer", "auto"); code != exitOK {
		t.Errorf("exit %d: %s", code, stderr)
	}
	expect("auto", stderr, "CUDA is not used: cuda:0 Fake 0 (compute capability 9.0) is not trusted: ")
	if stderr, code = score(both, "--scorer", "cuda:0"); code != exitSetup {
		t.Errorf("exit %d: %s", code, stderr)
	}
	expect("demanded", stderr, "musc: cannot score on cuda:0: ", "--device cpu does without")
	if stderr, code = score("MUSC_CUDA_KERNEL=fast"); code != exitUsage {
		t.Errorf("exit %d: %s", code, stderr)
	}
	expect("unknown", stderr, `there is no kernel "fast"`)

	// A device that fails on the way; there is a verdict for each kernel.
	stderr, code = score("MUSC_CUDA_KERNEL=search MUSC_FAKE_CAPABILITY=8.0 MUSC_FAKE_FAIL=run:900=214")
	if code != exitOK {
		t.Errorf("exit %d: %s", code, stderr)
	}
	stderr, code = score("MUSC_FAKE_CAPABILITY=8.0 MUSC_FAKE_FAIL=run:9=214")
	expect("ECC", stderr, "cuda:0 Fake 0 (compute capability 8.0) failed while scoring: its memory had an "+
		"error that ECC cannot correct", "--gpu-reset", "the tokens are still in their files")
	if code != exitSetup {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestSelfTestWithoutDevice(t *testing.T) {
	command := exec.Command(os.Args[0], "doctor", "--self-test")
	command.Env = append(os.Environ(), asMusc+"=1", "MUSC_LIBCUDA=/nowhere/libcuda.so")
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "there is no GPU to test") {
		t.Errorf("%v: %s", err, output)
	}
}
