package build

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/models"
)

// sumsSuffix is of the file with the checksums of a graph and its data, in the form that sha256sum
// reads.
const sumsSuffix = ".sha256"

func writeSums(modelPath string, graph [32]byte, data []byte) error {
	name := filepath.Base(modelPath)
	return atomicfile.WriteFile(modelPath+sumsSuffix, []byte(hex.EncodeToString(graph[:])+"  "+name+
		"\n"+hex.EncodeToString(data)+"  "+name+dataSuffix+"\n"))
}

// Built lists the graphs in a folder; none if it does not exist.
func Built(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot list the built models: %w; check the permissions of the "+
			"cache folder", err)
	}
	var graphs []string
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) == ".onnx" {
			graphs = append(graphs, filepath.Join(folder, entry.Name()))
		}
	}
	return graphs, nil
}

// Verify reads a graph that Cached built, and its data, and compares their checksums with those of
// the time when they were built. What differs is of kind fault.Setup and names the file.
func Verify(ctx context.Context, modelPath string) error {
	sums, err := os.Open(modelPath + sumsSuffix)
	if err != nil {
		return fault.New(fault.Setup, "no checksum of %s is kept (%w); remove it, and it is built anew "+
			"when it is needed", modelPath, err)
	}
	defer sums.Close()
	checked := 0
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		path := filepath.Join(filepath.Dir(modelPath), filepath.Base(name))
		got, err := models.FileSHA256(ctx, path)
		if err != nil {
			return err
		}
		if got != want {
			return fault.New(fault.Setup, "%s is damaged (sha256 differs); remove it, and it is built "+
				"anew when it is needed", path)
		}
		checked++
	}
	if checked != 2 { // the graph and its data
		return fault.New(fault.Setup, "%s is damaged; remove it, and the model is built anew when it is "+
			"needed", modelPath+sumsSuffix)
	}
	return nil
}
