package view

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"musc/engine/atomicfile"
	"musc/engine/csvfile"
	"musc/engine/fault"
	"musc/engine/report/page"
	"musc/engine/wholefile"
)

// columns are those of verdicts.csv: what --threshold labels:FILE and --reference FILE take.
var columns = []string{"image", "name", "verdict", "label", "score", "threshold"}

// answers are what a person can say of a photo; the label is "" where that is none.
var answers = map[string]string{"good": "good", "defective": "defective", "unsure": ""}

// book is verdicts.csv: a row a photo that somebody has said something of. Rows of photos that the report
// does not show stay as they are.
type book struct {
	path string
	data *page.Data
	at   map[string]int // in data.Photos, by name

	mutex sync.Mutex
	seen  [sha256.Size]byte // of the file, as it was read or written last; zero for none
}

func openBook(path string, data *page.Data) (*book, error) {
	b := &book{path: path, data: data, at: make(map[string]int, len(data.Photos))}
	for k, photo := range data.Photos {
		b.at[photo.Name] = k
	}
	_, _, err := b.read()
	return b, err
}

// mostVerdicts bounds verdicts.csv in bytes: a million photos with long paths.
const mostVerdicts = 1 << 30

// content is the file's, empty if there is none.
func (b *book) content() (text []byte, sum [sha256.Size]byte, err error) {
	text, err = wholefile.ReadRegular(b.path, mostVerdicts)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sum, nil
	}
	if err != nil {
		return nil, sum, fault.New(fault.Input, "cannot read the verdicts: %w; check the file's permissions",
			err)
	}
	return text, sha256.Sum256(text), nil
}

// read is what the file says of the report's photos, by name, and its rows of others.
func (b *book) read() (verdicts map[string]string, others [][]string, err error) {
	verdicts = map[string]string{}
	text, sum, err := b.content()
	if err != nil {
		return nil, nil, err
	}
	if b.seen = sum; len(bytes.TrimSpace(text)) == 0 {
		return verdicts, nil, nil
	}
	table, err := csvfile.ReadTable(b.path, "name", "verdict")
	if err != nil {
		return nil, nil, fault.New(fault.Input, "%w; move the file away to begin anew", err)
	}
	for _, row := range table.Rows {
		name, verdict := table.Text(row, "name"), table.Text(row, "verdict")
		if _, ours := b.at[name]; ours {
			if _, known := answers[verdict]; known {
				verdicts[name] = verdict
			}
			continue
		}
		record := make([]string, len(columns))
		for k, column := range columns {
			if table.Has(column) {
				record[k] = table.Text(row, column)
			}
		}
		others = append(others, record)
	}
	return verdicts, others, nil
}

// errChanged is what a user is told whose page is older than the file.
var errChanged = errors.New("verdicts.csv was changed by something else since this page read it; reload " +
	"the page")

// write replaces what the file says of the report's photos. Errors: errChanged, those of read and those of
// atomicfile.Save.
func (b *book) write(verdicts map[string]string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	seen := b.seen
	_, others, err := b.read()
	if err != nil {
		return err
	}
	if b.seen != seen {
		b.seen = seen
		return errChanged
	}
	records := others
	for name, verdict := range verdicts {
		photo := &b.data.Photos[b.at[name]]
		record := []string{photo.Path, name, verdict, answers[verdict],
			strconv.FormatFloat(photo.Before, 'g', -1, 64), ""}
		if b.data.Thresholds.Known() {
			record[5] = strconv.FormatFloat(b.data.Thresholds.Threshold, 'g', -1, 64)
		}
		records = append(records, record)
	}
	slices.SortStableFunc(records, func(a, b []string) int { return cmp.Compare(a[1], b[1]) })
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.WriteAll(slices.Insert(records, 0, columns)); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(b.path, text.Bytes()); err != nil {
		return err
	}
	b.seen = sha256.Sum256(text.Bytes())
	return nil
}

func (s *Server) serveVerdicts(w http.ResponseWriter, _ *http.Request) {
	s.verdicts.mutex.Lock()
	verdicts, _, err := s.verdicts.read()
	s.verdicts.mutex.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(verdicts) // who went away needs no answer
}

// bytesOfName is more than a photo's name and verdict take.
const bytesOfName = 1 << 13

func (s *Server) saveVerdicts(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Musc-Token")), []byte(s.token)) != 1 {
		http.Error(w, "this page is of an earlier start of musc view; reload it", http.StatusForbidden)
		return
	}
	most := int64(bytesOfName * (len(s.data.Photos) + 1))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		http.Error(w, "the verdicts do not arrive: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	var verdicts map[string]string
	if err := json.Unmarshal(body, &verdicts); err != nil {
		http.Error(w, "these are no verdicts: "+err.Error(), http.StatusBadRequest)
		return
	}
	for name, verdict := range verdicts {
		_, listed := s.verdicts.at[name]
		if _, known := answers[verdict]; !listed || !known {
			http.Error(w, fmt.Sprintf("%q of %q is no verdict of a photo of this report",
				strings.ToValidUTF8(verdict, "?"), strings.ToValidUTF8(name, "?")), http.StatusBadRequest)
			return
		}
	}
	switch err := s.verdicts.write(verdicts); {
	case errors.Is(err, errChanged):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
