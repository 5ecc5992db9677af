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
	"musc/engine/frame"
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
	named  bool   // photos have masks by their names
	stages []int
	info   backbone.Info
	tell   func(string)

	known   map[string]keptPhoto // by photoKey
	files   map[string]bool      // by key
	loaded  backbone.Tokens
	begun   time.Time // when the first batch was sent to the backbone
	done    int       // views that it has computed since
	keeping bool
	failed  bool // the folder takes no more
}

// keptPhoto is what is known of a photo whose tokens were kept, of a view of it.
type keptPhoto struct {
	Digest   string   `json:"digest"` // what photoKey gives
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	Warnings []string `json:"warnings,omitempty"`

	Brightness float64 `json:"brightness"`
	Sharpness  float64 `json:"sharpness"`

	Place frame.Place `json:"place,omitzero"`
	Views []keptView  `json:"views,omitempty"` // all of the photo's; none: one, of which all takes part
	At    int         `json:"at,omitempty"`    // which of them this is
}

// keptView is a view without its tokens.
type keptView struct {
	Number int    `json:"number"`
	Active []bool `json:"active,omitempty"`
}

// views are those of the photo, without pixels.
func (p *keptPhoto) views() []view {
	if len(p.Views) == 0 {
		return []view{{}}
	}
	views := make([]view, len(p.Views))
	for k, of := range p.Views {
		views[k] = view{number: of.Number, active: of.Active}
	}
	return views
}

// keptViews are views as they are kept; nil for one, of which all takes part.
func keptViews(views []view) []keptView {
	if len(views) == 1 && views[0].number == 0 && views[0].active == nil {
		return nil
	}
	kept := make([]keptView, len(views))
	for k, of := range views {
		kept[k] = keptView{of.number, of.active}
	}
	return kept
}

func (p *keptPhoto) exposure() imageio.Exposure {
	return imageio.Exposure{Brightness: p.Brightness, Sharpness: p.Sharpness}
}

// newKeeper reads what an earlier run kept in the folder. Errors are of kind fault.Output.
func newKeeper(keep Keep, base string, job *Config, info backbone.Info, tell func(string)) (
	*keeper, error) {

	k := &keeper{folder: keep.Folder, always: keep.Always, base: base, named: job.ROI != nil,
		stages: job.Scoring.Stages,
		info:   info, tell: tell, known: map[string]keptPhoto{}, files: map[string]bool{}}
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

// photoKey names a photo: by its bytes, and its name where that decides its mask.
func (k *keeper) photoKey(digest, name string) string {
	if k.named {
		return digest + " " + name
	}
	return digest
}

// key names the batch of these views.
func (k *keeper) key(images []slot) string {
	digests := make([]string, len(images))
	for i, image := range images {
		if digests[i] = image.photo.key; image.at > 0 {
			digests[i] += fmt.Sprint(" view ", image.at)
		}
	}
	return digestOfStrings(append(digests, k.base)...)
}

func (k *keeper) path(key string) string { return filepath.Join(k.folder, key+keptSuffix) }

// has says that there is a file of this batch.
func (k *keeper) has(images []slot) bool { return k != nil && k.files[k.key(images)] }

// load returns the kept tokens of a batch; size is that of the largest. A file that is damaged is
// none.
func (k *keeper) load(images []slot, size int) (*backbone.Tokens, bool) {
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

// save keeps the tokens of a batch that the backbone has computed, if they are worth it. items is how
// many views the set has.
func (k *keeper) save(images []slot, tokens *backbone.Tokens, items int) {
	if k == nil || k.failed {
		return
	}
	k.done += len(images)
	if !k.keeping && !k.worth(items) {
		return
	}
	header := keptHeader{Base: k.base}
	for _, image := range images {
		photo := image.photo
		header.Photos = append(header.Photos, keptPhoto{Digest: photo.key, Width: photo.width,
			Height: photo.height, Warnings: photo.warnings, Brightness: photo.exposure.Brightness,
			Sharpness: photo.exposure.Sharpness, Place: photo.place, Views: keptViews(photo.views),
			At: image.at})
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
	sum, _, err := DigestSize(path)
	return sum, err
}

// DigestSize is Digest, and how many bytes there are.
func DigestSize(path string) (sum string, bytes int64, err error) {
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
