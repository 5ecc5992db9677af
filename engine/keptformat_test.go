package engine

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// testdata/format1.tokens are kept tokens of two photos as the first release wrote them. A run that was stopped
// goes on with them; those of another format are not used, and what they held is computed again.
func TestKeptTokensOfThisFormatAreUsed(t *testing.T) {
	const path = "testdata/format1.tokens"
	header, err := readKeptHeader(path)
	if err != nil || header.Base != "model, settings" || len(header.Photos) != 2 {
		t.Errorf("%+v, %v", header, err)
	}
	tokens, class := make([]float32, 2), make([]float32, 1)
	if err := readKept(path, [][]float32{tokens, class}); err != nil || !slices.Equal(tokens, []float32{1, 2.5}) ||
		class[0] != -3 {
		t.Errorf("%v, %v, %v", tokens, class, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "x.tokens")
	text = bytes.Replace(text, []byte("musc tokens 1 "), []byte("musc tokens 2 "), 1)
	if err := os.WriteFile(other, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readKeptHeader(other); !errors.Is(err, errDamaged) {
		t.Errorf("another format: %v", err)
	}
}
