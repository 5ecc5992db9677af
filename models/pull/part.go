package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"strings"

	"musc/engine/fault"
	"musc/engine/filelock"
)

// part is a file while it arrives: beside its target, locked, hashed on the way.
type part struct {
	target string
	file   *os.File
	size   int64
	tag    string // the server's name for the version of the file, "" if it gave none
	hash   hash.Hash
}

// openPart opens what an earlier download left, or begins an empty part.
func openPart(target string) (*part, error) {
	p := &part{target: target, hash: sha256.New()}
	file, err := os.OpenFile(target+partSuffix, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, p.unwritable(err)
	}
	p.file = file
	mine, err := filelock.Try(file)
	if errors.Is(err, filelock.ErrUnsupported) { // two at once end in a wrong checksum
		mine, err = true, nil
	}
	if err == nil && !mine {
		err = fault.New(fault.Output, "%s is being downloaded by another process; wait for it", target)
	}
	if err == nil {
		p.size, err = io.Copy(p.hash, file)
	}
	if err != nil {
		file.Close()
		return nil, p.unwritable(err)
	}
	if tag, err := os.ReadFile(target + tagSuffix); err == nil {
		p.tag = string(tag)
	}
	return p, nil
}

func (p *part) write(b []byte) error {
	n, err := p.file.Write(b)
	p.hash.Write(b[:n])
	p.size += int64(n)
	return p.unwritable(err)
}

func (p *part) truncate() error {
	p.hash.Reset()
	p.size = 0
	_, err := p.file.Seek(0, io.SeekStart)
	if err == nil {
		err = p.file.Truncate(0)
	}
	return p.unwritable(err)
}

// remember keeps the version that the part is of. Weak tags do not promise equal bytes.
func (p *part) remember(tag string) error {
	if strings.HasPrefix(tag, "W/") {
		tag = ""
	}
	if tag == p.tag {
		return nil
	}
	p.tag = tag
	return p.unwritable(os.WriteFile(p.target+tagSuffix, []byte(tag), 0o644))
}

// finish checks the whole file and gives it its name, with a record of its checksum beside it.
func (p *part) finish(address, want string) error {
	got := hex.EncodeToString(p.hash.Sum(nil))
	if want != "" && got != want {
		p.remove()
		return fault.New(fault.Setup, "%s has SHA-256 %s instead of %s: damaged on the way or "+
			"replaced; run again, and do not use it if that repeats", address, got, want)
	}
	if err := p.file.Sync(); err != nil {
		return p.unwritable(err)
	}
	if err := record(p.target, got); err != nil {
		return err
	}
	if err := os.Rename(p.target+partSuffix, p.target); err != nil {
		return p.unwritable(err)
	}
	os.Remove(p.target + tagSuffix)
	return nil
}

func (p *part) remove() {
	os.Remove(p.target + partSuffix)
	os.Remove(p.target + tagSuffix)
}

func (p *part) removeIfEmpty() {
	if p.size == 0 {
		p.remove()
	}
}

func (p *part) close() { p.file.Close() }

// unwritable describes an error of the file system; nil stays nil, faults stay as they are.
func (p *part) unwritable(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	return fault.New(fault.Output, "cannot write %s: %w; free some space or choose another folder "+
		"with $MUSC_CACHE, then run again to go on from %d bytes", p.target+partSuffix, err, p.size)
}
