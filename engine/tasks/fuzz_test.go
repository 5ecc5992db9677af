package tasks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy"
)

// A plan whose checksum is right, and that is nonsense all the same, is refused before there is room made
// for its photos.
func TestPlansWithImpossibleCountsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Plan){
		"photos":          func(p *Plan) { p.Images.Count = 1 << 62 },
		"fewer than none": func(p *Plan) { p.Images.Count = -1 },
		"references":      func(p *Plan) { p.References.Count = 1 << 62 },
		"no references":   func(p *Plan) { p.References.Count = -1 },
		"subsets":         func(p *Plan) { p.Subsets = 1 << 40 },
		"no subsets":      func(p *Plan) { p.Subsets = 0 },
	} {
		plan, listing := makePlan(t, request(t, 30, 2))
		f := Folder{Output: t.TempDir()}
		if err := plan.Write(f, listing); err != nil {
			t.Fatal(err)
		}
		spoil(plan)
		var err error
		if plan.ID, err = plan.identity(); err != nil {
			t.Fatal(err)
		}
		if err := saveJSON(f.planFile(), plan); err != nil {
			t.Fatal(err)
		}
		read, err := read(f)
		if err == nil {
			_, err = read.ReadListing(f)
		}
		if fault.KindOf(err) != fault.Input || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever the table of a list holds, its rows are read or it is refused.
func FuzzListing(f *testing.F) {
	f.Add([]byte("index,subset,path,name,label\n0,1,\"a\nb\",c,d\n"))
	f.Add([]byte("image,subset\n\"x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		rows := 0
		count, err := readRows(bytes.NewReader(content), len(imageColumns), func(fields []string) error {
			rows++
			if len(fields) != len(imageColumns) || strings.Contains(strings.Join(fields, ""), "\r\n") {
				t.Fatalf("row %d: %q", rows, fields)
			}
			return nil
		})
		if count != rows || err == nil && count > bytes.Count(content, []byte("\n"))+1 {
			t.Fatalf("%d rows of %d, %v", count, rows, err)
		}
	})
}

// Whatever a part holds, it is read or refused with the file's name. Its archive is whole: package npy has
// the fuzz test of archives.
func FuzzPart(f *testing.F) {
	record, err := json.Marshal(PartRecord{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record, []byte("00"), []byte("{}"), uint8(1))
	f.Add([]byte("{"), []byte("\n\n"), []byte("[]"), uint8(0))
	path := filepath.Join(f.TempDir(), "part.npz")
	f.Fuzz(func(t *testing.T, record, digests, evidence []byte, images uint8) {
		var file bytes.Buffer
		w := npy.NewArchiveWriter(&file)
		n := int(images % 4)
		for _, err := range []error{w.Bytes("part.json", record), w.Bytes("digests.txt", digests),
			w.Bytes("evidence.json", evidence),
			w.Float64("images", []int{n, imageColumnsOfPart}, make([]float64, n*imageColumnsOfPart)),
			w.Close(), os.WriteFile(path, file.Bytes(), 0o644)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		archive, err := npy.OpenArchive(path)
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close()
		part := &Part{}
		if err := part.read(archive, Digests|Reasons); err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Fatal(err)
			}
			return
		}
		part.check(&Plan{Images: Listed{Count: 3}}, Digests|Reasons)
	})
}
