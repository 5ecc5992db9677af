package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/models"
)

// Source says where a graph's weights come from: a file, or the Seed of randomWeights if Path is empty.
type Source struct {
	Path string
	Seed uint64
}

// identity names the weights by their content; cacheDir remembers the checksums of large files.
func (s Source) identity(ctx context.Context, cacheDir string) (string, error) {
	if s.Path == "" {
		return fmt.Sprintf("random:%d", s.Seed), nil
	}
	return fileSHA256(ctx, cacheDir, s.Path)
}

func (s Source) open(spec *models.Spec) (namedTensors, error) {
	if s.Path == "" {
		return randomWeights(spec, s.Seed), nil
	}
	return openWeights(s.Path)
}

func (s Source) name() string {
	if s.Path == "" {
		return fmt.Sprintf("drawn at random (seed %d)", s.Seed)
	}
	return s.Path
}

// checksum is what is remembered of a file. Size and time of change tell whether it still holds.
type checksum struct {
	Path     string `json:"path"`
	Size     int64  `json:"size"`
	Modified int64  `json:"modified_ns"`
	SHA256   string `json:"sha256"`
}

// fileSHA256 returns a file's SHA-256, hexadecimal. It is remembered in cacheDir by path, size and
// time of change, because a file of a gigabyte takes seconds to read.
func fileSHA256(ctx context.Context, cacheDir, path string) (string, error) {
	unreadable := func(err error) error {
		return fault.New(fault.Input, "cannot read weights: %w; check the path, or fetch them with "+
			"musc models pull", err)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", unreadable(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", unreadable(err)
	}
	want := checksum{Path: path, Size: info.Size(), Modified: info.ModTime().UnixNano()}
	key := sha256.Sum256([]byte(path))
	memo := filepath.Join(cacheDir, "checksums", hex.EncodeToString(key[:8])+".json")
	if text, err := os.ReadFile(memo); err == nil {
		var known checksum
		if json.Unmarshal(text, &known) == nil && len(known.SHA256) == 2*sha256.Size {
			want.SHA256 = known.SHA256
			if want == known {
				return known.SHA256, nil
			}
		}
	}
	if want.SHA256, err = models.FileSHA256(ctx, path); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", unreadable(err)
	}
	text, err := json.Marshal(want)
	if err != nil {
		return "", err
	}
	if makeFolder(filepath.Dir(memo)) == nil {
		_ = atomicfile.WriteFile(memo, append(text, '\n')) // else it is read anew, as in a read-only image
	}
	return want.SHA256, nil
}

func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fault.New(fault.Output, "cannot create the cache folder: %w; choose another one "+
			"with $MUSC_CACHE", err)
	}
	return nil
}
