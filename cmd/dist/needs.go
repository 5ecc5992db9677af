package main

import (
	"debug/elf"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// libraries are those that musc may need to start: glibc's own, which every machine has.
var libraries = []string{"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1",
	"libresolv.so.2", "ld-linux-x86-64.so.2"}

// checkNeeds fails for a program that would not start with the oldest glibc: for a library that is
// not glibc's, or a version of a symbol that came later.
func checkNeeds(path string) error {
	file, err := elf.Open(path)
	if err != nil {
		return fault.New(fault.Input, "cannot read the program %s: %w", path, err)
	}
	defer file.Close()
	needed, err := file.ImportedLibraries()
	if err != nil {
		return fault.New(fault.Input, "cannot read what %s needs: %w", path, err)
	}
	versions := map[string][]string{}
	needs, err := file.DynamicVersionNeeds()
	if err != nil {
		return fault.New(fault.Input, "cannot read what %s needs: %w", path, err)
	}
	for _, need := range needs {
		for _, version := range need.Needs {
			versions[need.Name] = append(versions[need.Name], version.Dep)
		}
	}
	return judgeNeeds(path, needed, versions)
}

// judgeNeeds is checkNeeds of what the file says: libraries, and versions of symbols by library.
func judgeNeeds(path string, needed []string, versions map[string][]string) error {
	var wrong []string
	for _, library := range needed {
		if !slices.Contains(libraries, library) {
			wrong = append(wrong, "the library "+library)
		}
	}
	for library, list := range versions {
		for _, version := range list {
			if number, ok := strings.CutPrefix(version, "GLIBC_"); ok && later(number, glibc) {
				wrong = append(wrong, fmt.Sprintf("%s of %s", version, library))
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fault.New(fault.Setup, "%s would not start with glibc %s alone: it needs %s; was it built by "+
		"Zig, as make dist does?", path, glibc, strings.Join(wrong, ", "))
}

// later compares versions such as "2.3.4" by their numbers; PRIVATE and other words are later.
func later(version, than string) bool {
	numbers := func(text string) (list []int) {
		for _, part := range strings.Split(text, ".") {
			number, err := strconv.Atoi(part)
			if err != nil {
				number = 1 << 30
			}
			list = append(list, number)
		}
		return list
	}
	return slices.Compare(numbers(version), numbers(than)) > 0
}
