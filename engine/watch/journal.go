package watch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
	"sync"

	"musc/engine/fault"
)

// journalFile is the truth about what was scored, in the output folder. Each line is the CRC-32C of what
// follows the blank in eight hexadecimal digits, a blank, and an Entry as JSON. Lines are only appended.
const journalFile = "watch.journal"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// journal is the open file. Its methods may be called from several goroutines.
type journal struct {
	path string
	file *os.File

	mu      sync.Mutex
	size    int64         // of the whole lines
	grown   chan struct{} // closed when there is more to read, or when no more will come
	ended   bool
	failure error // of an append that may have left a part of a line
}

// openJournal opens or makes the journal and hands its entries over, with the offset at which each begins
// and the one behind it. What a killed run left of its last line is dropped: so many bytes. A line that is
// damaged before whole ones is of kind fault.Input: what was done cannot be known then.
func openJournal(path string, each func(at, next int64, entry *Entry) error) (
	j *journal, dropped int64, err error) {

	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, 0, fault.New(fault.Output, "cannot open the journal: %w; choose another folder with -o", err)
	}
	j = &journal{path: path, file: file, grown: make(chan struct{})}
	if dropped, err = j.replay(each); err != nil {
		file.Close()
		return nil, 0, err
	}
	return j, dropped, nil
}

// replay reads all lines and cuts off a torn one at the end.
func (j *journal) replay(each func(at, next int64, entry *Entry) error) (dropped int64, err error) {
	reader := bufio.NewReaderSize(j.file, 1<<20)
	at, line := int64(0), 0
	badLine := 0
	for {
		text, err := reader.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return 0, fault.New(fault.Input, "cannot read the journal %s: %w", j.path, err)
		}
		end := at + int64(len(text))
		if len(text) > 0 {
			line++
			entry, parseErr := parseLine(text)
			switch {
			case parseErr != nil && badLine == 0:
				badLine, j.size = line, at
			case parseErr == nil && badLine > 0:
				return 0, fault.New(fault.Input, "the journal %s is damaged at line %d: what was scored before "+
					"cannot be known; move it away to score all photos again, or choose another folder with -o",
					j.path, badLine)
			case parseErr == nil:
				if err := each(at, end, entry); err != nil {
					return 0, err
				}
			}
		}
		at = end
		if err == io.EOF {
			break
		}
	}
	if badLine == 0 {
		j.size = at
		return 0, nil
	}
	if err := j.file.Truncate(j.size); err != nil {
		return 0, j.unwritable(err)
	}
	return at - j.size, nil
}

var errTorn = errors.New("the line is not whole")

// parseLine reads a line with its end.
func parseLine(text []byte) (*Entry, error) {
	sum, rest, found := bytes.Cut(text, []byte(" "))
	body, whole := bytes.CutSuffix(rest, []byte("\n"))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !found || !whole || err != nil || len(sum) != 8 || uint32(want) != crc32.Checksum(body, castagnoli) {
		return nil, errTorn
	}
	entry := new(Entry)
	if err := json.Unmarshal(body, entry); err != nil {
		return nil, errTorn
	}
	return entry, nil
}

// append writes entries in one piece, and returns the offset at which each begins. With sync they are on
// the disk when it returns. After a failure nothing more is written: the next start repairs the file.
func (j *journal) append(sync bool, entries ...*Entry) (offsets []int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure != nil {
		return nil, j.failure
	}
	var text []byte
	for _, entry := range entries {
		body, err := json.Marshal(entry)
		if err != nil {
			return nil, fmt.Errorf("an entry of the journal as JSON: %w", err)
		}
		offsets = append(offsets, j.size+int64(len(text)))
		text = fmt.Appendf(text, "%08x %s\n", crc32.Checksum(body, castagnoli), body)
	}
	_, err = j.file.WriteAt(text, j.size)
	if err == nil && sync {
		err = j.file.Sync()
	}
	if err != nil {
		j.failure = j.unwritable(err)
		return nil, j.failure
	}
	j.size += int64(len(text))
	close(j.grown)
	j.grown = make(chan struct{})
	return offsets, nil
}

func (j *journal) unwritable(err error) error {
	return fault.New(fault.Output, "cannot write the journal %s: %w; make room and start again: what is "+
		"in it is kept", j.path, err)
}

// read is the entry that begins at an offset.
func (j *journal) read(at int64) (*Entry, error) {
	j.mu.Lock()
	size := j.size
	j.mu.Unlock()
	text, err := bufio.NewReader(io.NewSectionReader(j.file, at, size-at)).ReadBytes('\n')
	if err == nil {
		var entry *Entry
		if entry, err = parseLine(text); err == nil {
			return entry, nil
		}
	}
	return nil, fault.New(fault.Input, "cannot read the journal %s at byte %d: %w", j.path, at, err)
}

// end says that no more will be appended.
func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ended = true
	close(j.grown)
	j.grown = make(chan struct{})
}

// state is how long the journal is, and whether that is all.
func (j *journal) state() (size int64, grown <-chan struct{}, ended bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size, j.grown, j.ended
}

func (j *journal) close() error { return j.file.Close() }

// cursor reads a journal from an offset on, as it grows.
type cursor struct {
	journal *journal
	at      int64 // of the next entry
	limit   int64 // the reader reads up to here
	reader  *bufio.Reader
}

// next is the next entry that is told, nil if there is none yet.
func (c *cursor) next() (*Entry, error) {
	for {
		if c.at >= c.limit {
			size, _, _ := c.journal.state()
			if size == c.at {
				return nil, nil
			}
			c.limit = size
			c.reader = bufio.NewReader(io.NewSectionReader(c.journal.file, c.at, size-c.at))
		}
		text, err := c.reader.ReadBytes('\n')
		if err == nil {
			var entry *Entry
			if entry, err = parseLine(text); err == nil {
				c.at += int64(len(text))
				if entry.told() {
					return entry, nil
				}
				continue
			}
		}
		return nil, fault.New(fault.Input, "cannot read the journal %s at byte %d: %w", c.journal.path, c.at, err)
	}
}

// wait waits until there may be more to read; false says that there will be nothing more, or that ctx is done.
func (c *cursor) wait(ctx context.Context) bool {
	size, grown, ended := c.journal.state()
	if size > c.at {
		return true
	}
	if ended {
		return false
	}
	select {
	case <-grown:
		return true
	case <-ctx.Done():
		return false
	}
}
