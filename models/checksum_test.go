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
	// One byte more than is read at once, by Python's hashlib.
	if err := os.WriteFile(path, bytes.Repeat([]byte("a"), 1<<20+1), 0o644); err != nil {
		t.Fatal(err)
	}
	const longer = "4a3f0c0c213adea174f9a3d4c13177315b588bdb2e9c1012d3d0bf0453ca0f6a"
	if got, err := FileSHA256(context.Background(), path); err != nil || got != longer {
		t.Errorf("longer: got %s, %v", got, err)
	}
	if got, err := FileSHA256(context.Background(), t.TempDir()); err == nil || got != "" {
		t.Errorf("a folder: got %s, %v", got, err)
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
