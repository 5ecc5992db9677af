package watch

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// table is a CSV file that rows are appended to. What the journal says is what it holds: at a start it is
// compared with that, and what is missing is written.
type table struct {
	path string
	file *os.File
	size int64 // in bytes, of the rows that agree

	former *bufio.Reader // what is there, while it is compared; nil once it differs
	buffer *bufio.Writer // what is written instead
	note   string
}

// former is the ending of a table's file that was kept because it said something else than the journal.
const formerEnding = ".former"

// openTable opens or makes a table. Until repaired is called its rows are compared with what is there.
func openTable(path string) (*table, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, unwritable(path, err)
	}
	return &table{path: path, file: file, former: bufio.NewReaderSize(file, 1<<20)}, nil
}

func unwritable(path string, err error) error {
	return fault.New(fault.Output, "cannot write %s: %w; make room or free the file, and start again", path, err)
}

// expect says what comes next in the table.
func (t *table) expect(rows []byte) error {
	if t.former != nil {
		there := make([]byte, len(rows))
		n, err := io.ReadFull(t.former, there)
		if err == nil && bytes.Equal(there, rows) {
			t.size += int64(len(rows))
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fault.New(fault.Input, "cannot read %s: %w", t.path, err)
		}
		if err := t.differs(!bytes.HasPrefix(rows, there[:n])); err != nil {
			return err
		}
	}
	if _, err := t.buffer.Write(rows); err != nil {
		return unwritable(t.path, err)
	}
	t.size += int64(len(rows))
	return nil
}

// differs cuts the table off behind the rows that agree. One that is not only torn was changed by somebody
// else, and is kept.
func (t *table) differs(changed bool) error {
	if changed {
		if err := copyFile(t.path, t.path+formerEnding); err != nil {
			return unwritable(t.path+formerEnding, err)
		}
		t.note = t.path + " was changed by another program: it is written anew from the journal, and what was " +
			"there is in " + t.path + formerEnding
	}
	t.former = nil
	if err := t.file.Truncate(t.size); err != nil {
		return unwritable(t.path, err)
	}
	if _, err := t.file.Seek(t.size, io.SeekStart); err != nil {
		return unwritable(t.path, err)
	}
	t.buffer = bufio.NewWriterSize(t.file, 1<<20)
	return nil
}

// repaired ends the comparison: the table holds the rows that were expected, and nothing else. The note says
// what a user should know of it, or is "".
func (t *table) repaired() (note string, err error) {
	if t.former != nil {
		if _, err := t.former.ReadByte(); err == nil {
			if err := t.differs(true); err != nil {
				return "", err
			}
		}
	}
	if t.buffer != nil {
		if err := t.buffer.Flush(); err != nil {
			return "", unwritable(t.path, err)
		}
	}
	t.former, t.buffer = nil, nil
	return t.note, nil
}

// append adds rows in one piece.
func (t *table) append(rows []byte) error {
	if _, err := t.file.WriteAt(rows, t.size); err != nil {
		return unwritable(t.path, err)
	}
	t.size += int64(len(rows))
	return nil
}

func (t *table) close() error { return t.file.Close() }

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// scoreColumns are those of scores.csv: those of musc score that a photo has by itself, and three more.
var scoreColumns = []string{"image", "score", "verdict", "threshold", "margin", "sequence", "arrived", "seconds"}

// scoreRow is a photo's row of scores.csv.
func scoreRow(e *Entry) []byte {
	row := []string{e.RawName(), shortest(e.score()), string(e.Verdict), "", "",
		strconv.FormatUint(e.Sequence, 10), e.Arrived.Format(time.RFC3339Nano), shortest(e.Seconds)}
	if e.Threshold != nil && e.Margin != nil {
		row[3], row[4] = shortest(*e.Threshold), shortest(*e.Margin)
	}
	return rowsOf(row)
}

// defectRows are a photo's rows of defects.csv; none if it has no defects.
func defectRows(e *Entry) []byte {
	var rows [][]string
	for k := range e.Regions {
		rows = append(rows, e.Regions[k].Row(e.RawName(), k+1, e.Width, e.Height))
	}
	return rowsOf(rows...)
}

func rowsOf(rows ...[]string) []byte {
	var text bytes.Buffer
	writer := csv.NewWriter(&text)
	_ = writer.WriteAll(rows) // memory takes all
	return text.Bytes()
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// defectHead is the first row of defects.csv.
func defectHead() []byte { return rowsOf(verdict.DefectColumns()) }
