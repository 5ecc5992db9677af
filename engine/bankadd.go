package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
)

// takeBank opens a bank that nobody else may change until release, with the threshold that it is to have.
func takeBank(path, threshold string) (old *bank.Bank, method string, release func(), err error) {
	unlock, err := bank.Lock(path)
	if err != nil {
		return nil, "", nil, err
	}
	if old, err = bank.Open(path); err != nil {
		unlock()
		return nil, "", nil, err
	}
	release = func() { old.Close(); unlock() }
	if method, err = thresholdFor(old, threshold); err != nil {
		release()
		return nil, "", nil, err
	}
	return old, method, release, nil
}

// AddToBank adds the job's photos to a bank and calibrates it anew; of the job count photos, model and
// machine, all settings are the bank's. A photo whose bytes the bank has is left out; a name that it has
// gets folders before it. threshold is as in BankOptions, "" for the bank's. Nobody else may change the
// bank meanwhile. Where nothing is new, the bank stays as it is.
func AddToBank(ctx context.Context, path string, job Config, threshold, version string,
	observer Observer) (*BankChange, error) {

	old, threshold, release, err := takeBank(path, threshold)
	if err != nil {
		return nil, err
	}
	defer release()
	images := job.Images
	if job, err = job.amongThemselves(old); err != nil {
		return nil, err
	}
	job.Images = images
	if len(images) == 0 {
		return nil, fault.New(fault.Usage, "no good photos given; as in: musc bank add %s good/", path)
	}
	in, err := openIntake(ctx, job, observer)
	if err != nil {
		return nil, err
	}
	defer in.close()
	from, err := in.Provenance()
	if err != nil {
		return nil, err
	}
	if err := old.Fits(bankModel(from)); err != nil {
		return nil, err
	}
	if note := old.Differs(from.Tokens()); note != "" {
		observer.Note(note)
	}
	if err := in.rename(old.Header().Photos); err != nil {
		return nil, err
	}
	w, err := again(old, path, version, nil)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	if err := in.addAll(ctx, w); err != nil {
		return nil, err
	}
	if len(in.change.Added) == 0 {
		in.change.Header, in.change.Bytes = old.Header(), old.Bytes()
		return &in.change, nil
	}
	change, err := in.finish(ctx, w, threshold)
	if err != nil {
		return nil, err
	}
	all := upTo(len(change.Header.Photos))
	change.Doubts = doubtsAbout(change.Header, all[len(all)-len(change.Added):])
	return change, nil
}

// thresholdFor is the method that is asked for, or the bank's own.
func thresholdFor(b *bank.Bank, threshold string) (string, error) {
	if threshold == "" {
		threshold = b.Header().Calibration.Method
	}
	_, err := bankEstimator(threshold)
	return threshold, err
}

// again begins to write a bank once more, without some of its photos, by their places.
func again(old *bank.Bank, path, version string, without []int) (*bank.Writer, error) {
	header := *old.Header()
	header.Version, header.Created = version, time.Time{}
	w, err := bank.Create(path, header, true)
	if err != nil {
		return nil, err
	}
	for photo := range header.Photos {
		if slices.Contains(without, photo) {
			continue
		}
		if err := w.Copy(old, photo); err != nil {
			w.Abort()
			return nil, err
		}
	}
	return w, nil
}

// rename gives photos other names where the bank has theirs: with the folders that they lie in.
func (in *intake) rename(there []bank.Photo) error {
	taken := map[string]bool{}
	for _, photo := range there {
		taken[photo.Name] = true
	}
	for i := range in.job.Images {
		item := &in.job.Images[i]
		name := item.Name
		if !taken[name] {
			taken[name] = true
			continue
		}
		absolute, err := filepath.Abs(item.Path)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(absolute), "/")
		for depth := 2; taken[name]; depth++ {
			if depth > len(parts) {
				return fault.New(fault.Input, "the bank has a photo of the name %s; rename the file, or take "+
					"the other one out first (musc bank remove)", item.Name)
			}
			name = strings.Join(parts[len(parts)-depth:], "/")
		}
		taken[name] = true
		in.renamed = append(in.renamed, fmt.Sprintf("%s is called %s in the bank, which has another %s",
			item.Path, name, item.Name))
		*item = dataset.Item{Path: item.Path, Name: name, Label: item.Label}
	}
	return nil
}

// RemoveFromBank takes photos out of a bank, by their names or patterns such as 'line3/**', and calibrates
// it anew. A name or pattern that is none of the bank's is an error of kind fault.Usage, and the bank
// stays as it is. Of the job counts the machine; threshold is as in AddToBank.
func RemoveFromBank(ctx context.Context, path string, names []string, job Config, threshold, version string,
	observer Observer) (*BankChange, error) {

	old, threshold, release, err := takeBank(path, threshold)
	if err != nil {
		return nil, err
	}
	defer release()
	places, err := findPhotos(old.Header().Photos, names)
	if err != nil {
		return nil, err
	}
	change := &BankChange{}
	for _, place := range places {
		change.Removed = append(change.Removed, old.Header().Photos[place])
	}
	if len(places) == len(old.Header().Photos) {
		return nil, fault.New(fault.Usage, "all %d photos of %s would go; a bank needs one, or delete the "+
			"file", len(places), path)
	}
	if err := job.ready(ctx, observer); err != nil {
		return nil, err
	}
	w, err := again(old, path, version, places)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	return commitBank(ctx, job, w, threshold, nil, change, &clock{observer: observer})
}
