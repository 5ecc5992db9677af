package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/imageio"
)

// Keep says what is kept on disk while a set of images is worked on, for a run that goes on after it
// was killed: what the backbone gave, batch by batch, and how far mutual scoring is. The zero Keep
// keeps nothing.
type Keep struct {
	Folder string // empty: nothing is kept; whoever names it removes it when the results are safe
	Always bool   // also where the work is expected to be short
}

// keepAbove is how long the backbone, or mutual scoring, of one set of images must be expected to
// take for its work to be kept.
const keepAbove = 5 * time.Minute

// keeper keeps what the backbone gave. A file holds a batch, so that the backbone sees the same
// batches whether a run was killed or not. All methods do nothing on a nil keeper.
type keeper struct {
	folder string
	always bool
	base   string // digest of what decides the tokens, besides the photos
	stages []int
	info   backbone.Info
	tell   func(string)

	known   map[string]keptPhoto // by the digest of the photo
	files   map[string]bool      // by key
	loaded  backbone.Tokens
	begun   time.Time // when the first batch was sent to the backbone
	done    int       // images that it has computed since
	keeping bool
	failed  bool // the folder takes no more
}

// keptPhoto is what is known of a photo whose tokens were kept.
type keptPhoto struct {
	Digest   string   `json:"digest"`
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	Warnings []string `json:"warnings,omitempty"`

	Brightness float64 `json:"brightness"`
	Sharpness  float64 `json:"sharpness"`
}

func (p *keptPhoto) exposure() imageio.Exposure {
	return imageio.Exposure{Brightness: p.Brightness, Sharpness: p.Sharpness}
}

// newKeeper reads what an earlier run kept in the folder. Errors are of kind fault.Output.
func newKeeper(keep Keep, base string, job *Config, info backbone.Info, tell func(string)) (
	*keeper, error) {

	k := &keeper{folder: keep.Folder, always: keep.Always, base: base, stages: job.Scoring.Stages,
		info: info, tell: tell, known: map[string]keptPhoto{}, files: map[string]bool{}}
	if err := os.MkdirAll(k.folder, 0o755); err != nil {
		return nil, fault.New(fault.Output, "cannot make the folder for what the backbone gives: %w; "+
			"choose another place with -o", err)
	}
	names, err := filepath.Glob(filepath.Join(k.folder, "*"+keptSuffix))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if header, err := readKeptHeader(name); err == nil && header.Base == base {
			for _, photo := range header.Photos {
				k.known[photo.Digest] = photo
			}
			k.files[strings.TrimSuffix(filepath.Base(name), keptSuffix)] = true
		}
	}
	return k, nil
}

// key names the batch of these images.
func (k *keeper) key(images []prepared) string {
	digests := make([]string, len(images))
	for i, image := range images {
		digests[i] = image.digest
	}
	return digestOfStrings(append(digests, k.base)...)
}

func (k *keeper) path(key string) string { return filepath.Join(k.folder, key+keptSuffix) }

// has says that there is a file of this batch.
func (k *keeper) has(images []prepared) bool { return k != nil && k.files[k.key(images)] }

// load returns the kept tokens of a batch; size is that of the largest. A file that is damaged is
// none.
func (k *keeper) load(images []prepared, size int) (*backbone.Tokens, bool) {
	if k.loaded.Class == nil {
		k.loaded = k.info.NewTokens(size)
	}
	if err := readKept(k.path(k.key(images)), k.parts(&k.loaded, len(images))); err != nil {
		return nil, false
	}
	return &k.loaded, true
}

// parts are the tokens of the first n images: of the stages in use, and the class tokens.
func (k *keeper) parts(tokens *backbone.Tokens, n int) (parts [][]float32) {
	size := k.info.Patches() * k.info.Channels
	for _, number := range k.stages {
		parts = append(parts, tokens.Stages[number-1][:n*size])
	}
	return append(parts, tokens.Class[:n*k.info.ClassDim])
}

// starts hears when a batch goes to the backbone.
func (k *keeper) starts(now time.Time) {
	if k != nil && k.begun.IsZero() {
		k.begun = now
	}
}

// save keeps the tokens of a batch that the backbone has computed, if they are worth it. items are
// all of the set.
func (k *keeper) save(images []prepared, tokens *backbone.Tokens, items int) {
	if k == nil || k.failed {
		return
	}
	k.done += len(images)
	if !k.keeping && !k.worth(items) {
		return
	}
	header := keptHeader{Base: k.base}
	for _, image := range images {
		header.Photos = append(header.Photos, keptPhoto{image.digest, image.width, image.height,
			image.warnings, image.exposure.Brightness, image.exposure.Sharpness})
	}
	if err := writeKept(k.path(k.key(images)), header, k.parts(tokens, len(images))); err != nil {
		k.failed = true
		k.tell(fmt.Sprintf("what the backbone gives is not kept any more: %v", err))
	}
}

// worth decides whether to keep from now on, and says so.
func (k *keeper) worth(items int) bool {
	expected := time.Duration(float64(time.Since(k.begun)) / float64(k.done) * float64(items))
	if !k.always && expected < keepAbove {
		return false
	}
	bytes := k.bytesOfImage() * int64(items-k.done)
	if free, known := features.FreeBytes(k.folder); known && free < bytes+bytes/8 {
		k.failed = true
		k.tell(fmt.Sprintf("the backbone is expected to take %s; what it gives is not kept, since that "+
			"needs %s and %s has %s free: a killed run begins this set of images anew",
			FormatDuration(expected), features.FormatBytes(bytes), k.folder, features.FormatBytes(free)))
		return false
	}
	k.keeping = true
	if !k.always {
		k.tell(fmt.Sprintf("the backbone is expected to take %s: what it gives is kept on disk until it "+
			"is scored (%s), so that --resume goes on from there", FormatDuration(expected),
			features.FormatBytes(bytes)))
	}
	return true
}

func (k *keeper) bytesOfImage() int64 {
	return 4 * int64(len(k.stages)*k.info.Patches()*k.info.Channels+k.info.ClassDim)
}

// Digest is the SHA-256 of a file's bytes, in hexadecimal digits.
func Digest(path string) (string, error) {
	sum, _, err := hashFile(path)
	return sum, err
}

// hashFile is Digest, and how many bytes there are.
func hashFile(path string) (sum string, bytes int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	hash := sha256.New()
	bytes, err = io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), bytes, err
}

// digestOfStrings is the SHA-256 of texts, in order.
func digestOfStrings(texts ...string) string {
	text, _ := json.Marshal(texts) // strings are always encoded
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
