package tasks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/evidence"
	"musc/engine/fault"
	"musc/engine/npy"
	"musc/engine/report"
)

// Part is what scoring found out about one subset: n images that can be read, of P patches and class
// tokens of D entries. As a file it is a .npz:
//
//	part.json    PartRecord
//	images.npy   float64 [n,8]: index, width, height, score before RsCIN, shoulder, peak, brightness, sharpness
//	digests.txt  the SHA-256 of each photo's bytes, a line each
//	evidence.json  []evidence.Evidence; its images are numbers in the part
//	class.npy    float32 [n,D]
//	scores.npy   float64 [n,P]
//
// A subset none of whose images can be read has a part as well: n is 0.
type Part struct {
	PartRecord
	Images   []PartImage // ascending by index
	Scores   []float64   // [n,P], Eq. 3
	Class    []float32   // [n,D]
	Evidence []evidence.Evidence
}

// PartImage is an image of a part.
type PartImage struct {
	Index         int            // in the listing
	Width, Height int            // of the original, in pixels
	Before        float64        // the maximum of the anomaly map
	Summary       report.Summary // of the patch scores
	Brightness    float64        // as engine.Image has it
	Sharpness     float64
	Digest        [sha256.Size]byte // of the photo's bytes
}

// PartRecord is what a part says besides its arrays.
type PartRecord struct {
	Plan   string        `json:"plan"`
	Subset int           `json:"subset"`
	Model  backbone.Info `json:"model"`
	Height int           `json:"height"` // patch rows of a photo
	Width  int           `json:"width"`  // patch columns

	Provenance engine.Provenance `json:"provenance"`
	Host       string            `json:"host"`
	Version    string            `json:"version"` // of musc

	MemoryPlan string          `json:"memory_plan"` // how the memory bound was kept, for people
	Started    time.Time       `json:"started"`
	Timings    []engine.Timing `json:"timings"`
	Skipped    []About         `json:"skipped"`
	Warnings   []About         `json:"warnings"`
	Own        int             `json:"own"` // references that are images of the subset
	// Shared are the groups of images that share a defect, by their numbers in the part.
	Shared [][]int `json:"shared"`
	// Rises say how much larger the score before RsCIN of some of these would be without the others; nil
	// where nobody knows.
	Rises map[int]float64 `json:"rises,omitempty"`
	// References are the SHA-256 of the reference images as they are listed, "" of one that cannot be read;
	// of the first subset's part only.
	References []string `json:"references,omitempty"`
}

// About is something said of a photo: why it was left out, or what a user should know.
type About struct {
	Reference bool   `json:"reference,omitempty"` // the index is that of a reference image
	Index     int    `json:"index"`               // in the listing; -1: of no photo
	Path      string `json:"path,omitempty"`
	Text      string `json:"text"`
}

// patches is P.
func (r *PartRecord) patches() int { return r.Height * r.Width }

// Content is what is read of a part besides its record and its table of images, whose digests are
// part of Digests.
type Content int

// The kinds of Content, which may be added.
const (
	Table   Content = 0
	Digests Content = 1 << iota
	Scores
	Class
	Reasons // the evidence
	Whole   = Digests | Scores | Class | Reasons
)

const imageColumnsOfPart = 8

// WritePart writes a part of the plan. Errors are those of atomicfile.Save.
func (f Folder) WritePart(part *Part) error {
	n, info := len(part.Images), part.Model
	record, err := json.MarshalIndent(part.PartRecord, "", "  ")
	if err != nil {
		return fmt.Errorf("the record of subset %d as JSON: %w", part.Subset, err)
	}
	table := make([]float64, 0, imageColumnsOfPart*n)
	var digests bytes.Buffer
	for _, image := range part.Images {
		table = append(table, float64(image.Index), float64(image.Width), float64(image.Height),
			image.Before, image.Summary.Shoulder, image.Summary.Peak, image.Brightness, image.Sharpness)
		fmt.Fprintf(&digests, "%x\n", image.Digest)
	}
	reasons, err := json.Marshal(part.Evidence)
	if err != nil {
		return fmt.Errorf("the evidence of subset %d as JSON: %w", part.Subset, err)
	}
	return save(f.File(PhaseScore, part.Subset), func(w io.Writer) error {
		archive := npy.NewArchiveWriter(w)
		err := errors.Join(archive.Bytes("part.json", append(record, '\n')),
			archive.Float64("images", []int{n, imageColumnsOfPart}, table),
			archive.Bytes("digests.txt", digests.Bytes()),
			archive.Bytes("evidence.json", append(reasons, '\n')),
			archive.Float32("class", []int{n, info.ClassDim}, part.Class),
			archive.Float64("scores", []int{n, part.patches()}, part.Scores))
		if err != nil {
			return err
		}
		return archive.Close()
	})
}

// ReadPart reads the part of a subset, as much of it as is asked for, and checks that. A part that
// is not there, was cut short, is damaged or is of another plan is an error of kind fault.Input that
// names the file: it has to be scored again.
func (p *Plan) ReadPart(f Folder, subset int, content Content) (*Part, error) {
	part, _, err := p.readPart(f, subset, content)
	return part, err
}

// readPart is ReadPart. print tells two parts of a subset apart that found out other scores before
// RsCIN or other class tokens.
func (p *Plan) readPart(f Folder, subset int, content Content) (_ *Part, print string, err error) {
	path := f.File(PhaseScore, subset)
	archive, err := npy.OpenArchive(path)
	if err != nil {
		return nil, "", err
	}
	defer archive.Close()
	part := &Part{}
	if err := part.read(archive, content); err != nil {
		return nil, "", err
	}
	if part.Plan != p.ID || part.Subset != subset {
		return nil, "", fault.New(fault.Input, "%s is the part of subset %d of the plan %s, not of "+
			"subset %d of the plan %s", path, part.Subset, part.Plan, subset, p.ID)
	}
	if err := part.check(p, content); err != nil {
		return nil, "", fault.New(fault.Input, "%s is damaged: %w", path, err)
	}
	print = fmt.Sprintf("%08x%08x", archive.Checksum("images.npy"), archive.Checksum("class.npy"))
	return part, print, nil
}

func (part *Part) read(archive *npy.Archive, content Content) error {
	record, err := archive.Bytes("part.json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(record, &part.PartRecord); err != nil {
		return archive.Damaged(err)
	}
	table, shape, err := archive.Float64("images")
	if err != nil {
		return err
	}
	if len(shape) != 2 || shape[1] != imageColumnsOfPart {
		return archive.Damaged(fmt.Errorf("images have the shape %v", shape))
	}
	part.Images = make([]PartImage, shape[0])
	for i := range part.Images {
		row := table[imageColumnsOfPart*i:]
		part.Images[i] = PartImage{Index: int(row[0]), Width: int(row[1]), Height: int(row[2]),
			Before: row[3], Summary: report.Summary{Shoulder: row[4], Peak: row[5]},
			Brightness: row[6], Sharpness: row[7]}
	}
	if content&Digests != 0 {
		text, err := archive.Bytes("digests.txt")
		if err != nil {
			return err
		}
		if err := part.takeDigests(text); err != nil {
			return archive.Damaged(err)
		}
	}
	if content&Reasons != 0 {
		text, err := archive.Bytes("evidence.json")
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &part.Evidence); err != nil {
			return archive.Damaged(err)
		}
	}
	if content&Class != 0 {
		if part.Class, _, err = archive.Float32("class"); err != nil {
			return err
		}
	}
	if content&Scores != 0 {
		part.Scores, _, err = archive.Float64("scores")
	}
	return err
}

func (part *Part) takeDigests(text []byte) error {
	lines := bytes.Fields(text)
	if len(lines) != len(part.Images) {
		return fmt.Errorf("%d digests of %d images", len(lines), len(part.Images))
	}
	for i, line := range lines {
		digest := part.Images[i].Digest[:]
		if n, err := hex.Decode(digest, line[:min(len(line), 2*sha256.Size)]); err != nil ||
			n != sha256.Size {
			return fmt.Errorf("digest %q is none", line)
		}
	}
	return nil
}

// check tells whether what was read fits together.
func (part *Part) check(p *Plan, content Content) error {
	n := len(part.Images)
	before := -1
	for _, image := range part.Images {
		if image.Index <= before || image.Index >= p.Images.Count {
			return fmt.Errorf("its images are not in the order of the %d that are listed",
				p.Images.Count)
		}
		if image.Width < 1 || image.Height < 1 || math.IsNaN(image.Before) {
			return fmt.Errorf("image %d has %d x %d pixels and the score %v", image.Index, image.Width,
				image.Height, image.Before)
		}
		before = image.Index
	}
	if content&Class != 0 && len(part.Class) != n*part.Model.ClassDim {
		return fmt.Errorf("%d class tokens of %d entries are %d values", n, part.Model.ClassDim,
			len(part.Class))
	}
	if err := part.checkReasons(p); err != nil {
		return err
	}
	if content&Scores != 0 && len(part.Scores) != n*part.patches() {
		return fmt.Errorf("%d images of %d patches have %d scores", n, part.patches(), len(part.Scores))
	}
	return nil
}
