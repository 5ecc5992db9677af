package build

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// A cache that cannot be written, as in a read-only image, costs time and is no error.
func TestChecksumThatCannotBeRemembered(t *testing.T) {
	cache := t.TempDir()
	weights := filepath.Join(cache, "weights.onnx")
	for _, name := range []string{weights, filepath.Join(cache, "checksums")} { // no folder can be there
		if err := os.WriteFile(name, []byte("weights"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := sha256.Sum256([]byte("weights"))
	got, err := fileSHA256(t.Context(), cache, weights)
	if err != nil || got != hex.EncodeToString(want[:]) {
		t.Errorf("%s, %v", got, err)
	}
}
