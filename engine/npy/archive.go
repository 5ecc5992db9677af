package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"

	"musc/engine/fault"
)

// Archive is an open .npz: a zip that holds arrays, and other files beside them, stored as they are.
// What is read is checked against the zip's checksums. Several goroutines may read.
//
// Errors are of kind fault.Input and name the file.
type Archive struct {
	path    string
	size    int64
	file    *os.File
	entries map[string]*zip.File
}

// OpenArchive reads the list of what is in the .npz at path. It stands at the end of the file: of one
// that was cut short nothing can be read.
func OpenArchive(path string) (*Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	a := &Archive{path: path, file: file, entries: map[string]*zip.File{}}
	if a.size, err = regularSize(path, file, "a .npz file"); err == nil {
		err = a.list()
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return a, nil
}

func (a *Archive) list() error {
	reader, err := zip.NewReader(a.file, a.size)
	if err != nil {
		return a.Damaged(err)
	}
	for _, entry := range reader.File {
		a.entries[entry.Name] = entry
	}
	return nil
}

// Damaged is the error that what is in the archive makes no sense.
func (a *Archive) Damaged(err error) error {
	return fault.New(fault.Input, "cannot read %s: %w; it was cut short or is damaged, write it again",
		a.path, err)
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

// Checksum is the CRC-32 of the file of that name, as the list says; 0 if there is none.
func (a *Archive) Checksum(name string) uint32 {
	if entry, ok := a.entries[name]; ok {
		return entry.CRC32
	}
	return 0
}

// Bytes reads all of the file of that name.
func (a *Archive) Bytes(name string) ([]byte, error) {
	entry, ok := a.entries[name]
	if !ok {
		return nil, fault.New(fault.Input, "cannot read %s: there is no %s in it", a.path, name)
	}
	if entry.Method != zip.Store || entry.UncompressedSize64 > uint64(a.size) {
		return nil, fault.New(fault.Input, "cannot read %s: %s in it is compressed; write it with "+
			"numpy.savez", a.path, name)
	}
	reader, err := entry.Open()
	if err != nil {
		return nil, a.Damaged(err)
	}
	defer reader.Close()
	content := make([]byte, entry.UncompressedSize64)
	if _, err := io.ReadFull(reader, content); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, a.Damaged(err)
	}
	// The checksum is compared where the content ends.
	if _, err := reader.Read(make([]byte, 1)); err != io.EOF {
		return nil, a.Damaged(err)
	}
	return content, nil
}

// array opens the array NAME.npy of the archive.
func (a *Archive) array(name string) (*Array, error) {
	content, err := a.Bytes(name + ".npy")
	if err != nil {
		return nil, err
	}
	return openAt(bytes.NewReader(content), int64(len(content)), name+".npy in "+a.path)
}

// Float32 reads the array of that name; its file in the zip is NAME.npy.
func (a *Archive) Float32(name string) (values []float32, shape []int, err error) {
	array, err := a.array(name)
	if err != nil {
		return nil, nil, err
	}
	values = make([]float32, array.Len())
	return values, array.Shape, array.ReadFloat32(values, 0)
}

// Float64 is Float32 for float64.
func (a *Archive) Float64(name string) (values []float64, shape []int, err error) {
	array, err := a.array(name)
	if err != nil {
		return nil, nil, err
	}
	values = make([]float64, array.Len())
	return values, array.Shape, array.ReadFloat64(values, 0)
}

// ArchiveWriter writes an Archive that numpy.load opens, too. The same content gives the same bytes.
// Close ends the archive; its errors, and those of the other methods, are of the writer beneath.
type ArchiveWriter struct{ zip *zip.Writer }

// NewArchiveWriter starts an archive.
func NewArchiveWriter(w io.Writer) *ArchiveWriter { return &ArchiveWriter{zip.NewWriter(w)} }

func (a *ArchiveWriter) create(name string) (io.Writer, error) {
	return a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
}

// Bytes adds a file.
func (a *ArchiveWriter) Bytes(name string, content []byte) error {
	w, err := a.create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

// Float32 adds an array: the file NAME.npy, with the bytes of Write.
func (a *ArchiveWriter) Float32(name string, shape []int, data []float32) error {
	w, err := a.create(name + ".npy")
	if err != nil {
		return err
	}
	return encode(w, singles(data), shape)
}

// Float64 is Float32 for float64.
func (a *ArchiveWriter) Float64(name string, shape []int, data []float64) error {
	w, err := a.create(name + ".npy")
	if err != nil {
		return err
	}
	return encode(w, doubles(data), shape)
}

// Close writes the list of what is in the archive.
func (a *ArchiveWriter) Close() error { return a.zip.Close() }
