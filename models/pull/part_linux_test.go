package pull

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"musc/engine/fault"
)

func TestFullDiskIsNamed(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	p := part{target: "w.safetensors", file: full, hash: sha256.New(), size: 4096}
	err = p.write([]byte("more"))
	if fault.KindOf(err) != fault.Output || !errors.Is(err, syscall.ENOSPC) ||
		!strings.Contains(err.Error(), "w.safetensors") || !strings.Contains(err.Error(), "4096 bytes") {
		t.Fatalf("got %v", err)
	}
}

func TestTwoDownloadsOfOneFile(t *testing.T) {
	target := filepath.Join(t.TempDir(), "w.safetensors")
	first, err := openPart(target)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openPart(target); fault.KindOf(err) != fault.Output ||
		!strings.Contains(err.Error(), "another process") {
		t.Fatalf("got %v", err)
	}
	first.close()
	again, err := openPart(target)
	if err != nil {
		t.Fatal(err)
	}
	again.close()
}
