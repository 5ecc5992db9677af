package models

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFileSHA256(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, bytes.Repeat([]byte("a"), 1_000_000), 0o644); err != nil {
		t.Fatal(err)
	}
	// One million times "a": the long test vector of FIPS 180-2.
	const want = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
	if got, err := FileSHA256(context.Background(), path); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := FileSHA256(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := FileSHA256(context.Background(), path+"b"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: got %v", err)
	}
}
