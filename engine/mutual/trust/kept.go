package trust

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"musc/engine/assets"
	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// keptPath is the cache's file of what was found about something; its name begins with what and
// ends with a hash of about. The error is of kind fault.Setup where there is no cache.
func keptPath(what string, about any) (string, error) {
	cache, err := assets.Cache()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(about)
	if err != nil {
		return "", fault.New(fault.Internal, "cannot name what is kept of %s: %w", what, err)
	}
	name := fmt.Sprintf("%s-%.8x.json", what, sha256.Sum256(text))
	return filepath.Join(cache, "self-test", name), nil
}

// readKept reads that file into found; false where there is none or it is damaged. That it is about
// the same is for the caller to see.
func readKept(what string, about, found any) bool {
	path, err := keptPath(what, about)
	if err != nil {
		return false
	}
	text, err := os.ReadFile(path)
	return err == nil && json.Unmarshal(text, found) == nil
}

// keep writes that file whole, or not at all.
func keep(what string, about, found any) error {
	path, err := keptPath(what, about)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return fault.New(fault.Internal, "cannot write what was found of %s: %w", what, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder of verdicts: %w; name another cache folder "+
			"with $MUSC_CACHE", err)
	}
	return atomicfile.WriteFile(path, append(text, '\n'))
}
