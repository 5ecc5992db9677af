package assets

// Zig is the C compiler of what is handed out: clang, with headers and stubs of every glibc, so that
// a binary built anywhere runs with an old one. Its thousands of headers are why all is kept.
var Zig = Artifact{
	Title:   "C compiler (Zig)",
	Project: "ziglang",
	Version: "0.17.1",
	Wheel: "ziglang-0.17.1-py3-none-" +
		"manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl",
	Size:     101083562,
	SHA256:   "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
	Licence:  "MIT, Zig contributors; LLVM: Apache-2.0 with LLVM exception",
	Folder:   "ziglang-0.17.1",
	Platform: "linux/amd64",
	Command:  "make dist-setup",
	Whole:    true,
	Programs: []string{"ziglang/zig"},
}

// ZigPath is the compiler's program, or an error as of LibraryPath.
func ZigPath() (string, error) { return Path(&Zig, "ziglang/zig") }
