package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/models"
)

const recordSuffix = ".sha256" // in the form of sha256sum, so that `sha256sum -c` understands it

// Verify reads a model's weights in folder and compares them with the registry's checksum, or
// else with the one recorded when they were downloaded. It returns their path and SHA-256.
// Missing weights are a fault.Setup, changed ones and those without a record a fault.Input.
func Verify(ctx context.Context, spec models.Spec, folder string) (path, sum string, err error) {
	path, ok := Find(spec, folder)
	if !ok {
		return "", "", fault.New(fault.Setup, "no weights of %s in %s; run: musc models pull %s", spec.Name,
			folder, spec.Name)
	}
	if sum, err = models.FileSHA256(ctx, path); err != nil {
		return path, "", fault.New(fault.Input, "cannot verify the weights: %w; check the disk, or "+
			"remove the file and run: musc models pull %s", err, spec.Name)
	}
	want := ""
	for _, source := range spec.Sources {
		if localPath(spec, source, folder) == path {
			want = strings.ToLower(source.SHA256)
		}
	}
	if want == "" {
		text, err := os.ReadFile(path + recordSuffix)
		if err != nil {
			return path, sum, fault.New(fault.Input, "nothing to compare %s with: %w; remove the file "+
				"and run: musc models pull %s", path, err, spec.Name)
		}
		want, _, _ = strings.Cut(string(text), " ")
	}
	if sum != want {
		return path, sum, fault.New(fault.Input, "%s has SHA-256 %s instead of %s; remove the file and "+
			"run: musc models pull %s", path, sum, want, spec.Name)
	}
	return path, sum, nil
}

func record(path, sum string) error {
	line := fmt.Sprintf("%s  %s\n", sum, filepath.Base(path))
	return atomicfile.WriteFile(path+recordSuffix, []byte(line))
}

// sha256Tag returns the SHA-256 that an entity tag is, as hubs give for large files, or "".
func sha256Tag(tag string) string {
	tag = strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
	if _, err := hex.DecodeString(tag); err != nil || len(tag) != 2*sha256.Size {
		return ""
	}
	return strings.ToLower(tag)
}
