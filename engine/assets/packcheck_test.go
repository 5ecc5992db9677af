package assets

import (
	"debug/elf"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkPacks lets the checks of the fetched packs run, which take gigabytes: make check-gpu-packs.
const checkPacks = "MUSC_CHECK_GPU_PACKS"

// hostFolders is where a system keeps the C and C++ libraries that the packs lean on.
var hostFolders = []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"}

// driverLibrary is the only one that neither a pack nor a system without a GPU has.
const driverLibrary = "libcuda.so.1"

// object is what a shared library offers and wants.
type object struct {
	needed  []string
	defined map[string]bool // "name" and "name@version"
	wanted  []elf.Symbol
}

func readObject(path string) (*object, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	o := &object{defined: map[string]bool{}}
	if o.needed, err = file.ImportedLibraries(); err != nil {
		return nil, err
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	for _, symbol := range symbols {
		switch {
		case symbol.Section != elf.SHN_UNDEF:
			o.defined[symbol.Name] = true
			o.defined[symbol.Name+"@"+symbol.Version] = true
		case elf.ST_BIND(symbol.Info) == elf.STB_GLOBAL:
			o.wanted = append(o.wanted, symbol)
		}
	}
	return o, nil
}

// unresolved lists what the loader would not find: libraries that are nowhere, and symbols that none
// of the libraries that are loaded then defines, at the version that is asked for. files are the
// libraries of a pack; those of the host are read when they are needed. onDriver lists the symbols
// that are left for the driver.
func unresolved(files []string) (faults, onDriver []string, err error) {
	objects := map[string]*object{}
	todo := slices.Clone(files)
	for len(todo) > 0 {
		file := todo[0]
		todo = todo[1:]
		name := filepath.Base(file)
		if objects[name] != nil {
			continue
		}
		if objects[name], err = readObject(file); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, need := range objects[name].needed {
			inPack := slices.ContainsFunc(files, func(f string) bool { return filepath.Base(f) == need })
			if inPack || objects[need] != nil || need == driverLibrary {
				continue
			}
			if host := onHost(need); host != "" {
				todo = append(todo, host)
			} else {
				faults = append(faults, fmt.Sprintf("%s needs %s, which is nowhere", name, need))
			}
		}
	}
	for _, file := range files {
		name := filepath.Base(file)
		o := objects[name]
		for _, symbol := range o.wanted {
			wanted := symbol.Name
			if symbol.Version != "" {
				wanted += "@" + symbol.Version
			}
			found := false
			for _, other := range objects {
				found = found || other.defined[wanted]
			}
			switch {
			case found:
			case slices.Contains(o.needed, driverLibrary) && strings.HasPrefix(symbol.Name, "cu"):
				onDriver = append(onDriver, symbol.Name)
			default:
				faults = append(faults, fmt.Sprintf("%s wants %s of %q", name, wanted, symbol.Library))
			}
		}
	}
	return faults, onDriver, nil
}

func onHost(name string) string {
	for _, folder := range hostFolders {
		if file := filepath.Join(folder, name); readable(file) {
			return file
		}
	}
	return ""
}

func readable(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// libraries are the shared libraries of a pack, which is in the cache.
func libraries(t *testing.T, pack *Pack) (files []string) {
	t.Helper()
	for k := range pack.Artifacts {
		artifact := &pack.Artifacts[k]
		for _, m := range artifact.Members {
			if strings.Contains(path.Base(m.Path), ".so") {
				file, err := Path(artifact, m.Path)
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, file)
			}
		}
	}
	return files
}

// Every library that a pack's libraries need is in the pack, of the C and C++ runtimes, or the
// driver's; so is every symbol. Without any one of NVIDIA's libraries that is not so.
func TestGPUPacksResolve(t *testing.T) {
	if os.Getenv(checkPacks) == "" {
		t.Skip("make check-gpu-packs fetches the packs and checks them")
	}
	for _, pack := range Packs {
		t.Run(pack.Name(), func(t *testing.T) {
			for k := range pack.Artifacts {
				if err := Verify(t.Context(), &pack.Artifacts[k]); err != nil {
					t.Fatal(err)
				}
			}
			files := libraries(t, pack)
			faults, onDriver, err := unresolved(files)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
			t.Logf("%d libraries; left for %s: %v", len(files), driverLibrary, onDriver)
			for _, name := range []string{"libcudart", "libcublas.", "libcublasLt", "libcurand",
				"libonnxruntime_providers_shared"} {
				less := slices.DeleteFunc(slices.Clone(files), func(file string) bool {
					return strings.HasPrefix(filepath.Base(file), name)
				})
				if faults, _, err := unresolved(less); len(faults) == 0 || err != nil {
					t.Errorf("without %s nothing is missed, %v", name, err)
				}
			}
		})
	}
}
