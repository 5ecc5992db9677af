package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"musc/engine"
	"musc/engine/results"
)

// repeat writes the checksums of what the run read, and says what it takes to run it again; nil for a plan
// that does not know how it was asked for. Scores and defects are written before.
func (d *drawer) repeat() (*results.Repeat, error) {
	if d.Plan.Arguments == nil {
		return nil, nil
	}
	r := &results.Repeat{Folder: d.Plan.Folder, Arguments: d.Plan.Arguments, Results: map[string]string{}}
	sums, err := d.inputs()
	if err != nil {
		return nil, err
	}
	r.Inputs, err = results.WriteSums(filepath.Join(d.draws.Folder, results.InputsFile), sums)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{results.ScoresFile, results.DefectsFile} {
		if digest, err := engine.Digest(filepath.Join(d.draws.Folder, name)); err == nil {
			r.Results[name] = digest
		}
	}
	return r, nil
}

// inputs are the photos that were scored, in the order of the listing, then the references that are none of
// these, then what else was read for the plan. Photos of a bank are in the bank. A file comes once.
func (d *drawer) inputs() (func(yield func(results.Sum) bool), error) {
	digests := make([][sha256.Size]byte, len(d.photos.Images)) // by index in the listing
	var references []string
	for subset, members := range d.of {
		if len(members) == 0 && subset > 0 { // the first one's part has the references'
			continue
		}
		part, err := d.readPart(subset, Digests)
		if err != nil {
			return nil, err
		}
		for _, image := range part.Images {
			digests[image.Index] = image.Digest
		}
		if subset == 0 {
			references = part.References
		}
	}
	others := d.Plan.otherInputs(references, d.photos)
	return func(yield func(results.Sum) bool) {
		none := [sha256.Size]byte{}
		for i, digest := range digests {
			if path := d.photos.Images[i].Path; digest != none {
				delete(others.known, path)
				if !yield(results.Sum{Path: path, SHA256: digest}) {
					return
				}
			}
		}
		for _, path := range others.order {
			if digest, more := others.known[path]; more && !yield(results.Sum{Path: path, SHA256: digest}) {
				return
			}
		}
	}, nil
}

// otherInputs are checksums by path, and the order of the paths.
type otherInputs struct {
	known map[string][sha256.Size]byte
	order []string
}

// otherInputs are those of a plan besides its photos; references are as PartRecord has them.
func (p *Plan) otherInputs(references []string, photos *Listing) *otherInputs {
	o := &otherInputs{known: map[string][sha256.Size]byte{}}
	for k, text := range references {
		if k < len(photos.References) {
			o.add(photos.References[k].Path, text)
		}
	}
	for _, file := range p.Inputs {
		o.add(file.Path, file.SHA256)
	}
	return o
}

func (o *otherInputs) add(path, digest string) {
	var sum [sha256.Size]byte
	if n, err := hex.Decode(sum[:], []byte(digest[:min(len(digest), 2*len(sum))])); err != nil || n < len(sum) {
		return // one that cannot be read
	}
	if _, known := o.known[path]; !known {
		o.order = append(o.order, path)
	}
	o.known[path] = sum
}
