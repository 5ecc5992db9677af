package report

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"musc/engine/fault"
)

// longestName is how many bytes the name of a file or a folder may have, on Linux, macOS and Windows
// alike; longestExtension is how many of them those of maps and overlays take.
const (
	longestName      = 255
	longestExtension = len(".tiff")
)

// FileNames gives each image of a batch the name of its map and overlay, without their extension
// and with the system's separators: the image's name without its own extension, or with it in the
// whole batch where two images would otherwise share a file. names are slash-separated and unique.
// A part of the name that is too long is cut and ends in a hash of the whole name.
// A name that points out of the output folder is of kind fault.Input.
func FileNames(names []string) ([]string, error) {
	stems, seen := make([]string, len(names)), make(map[string]bool, len(names))
	for i, name := range names {
		local := filepath.FromSlash(name)
		if !filepath.IsLocal(local) || filepath.Clean(local) == "." {
			return nil, fault.New(fault.Input, "cannot name the results of image %q: the name points "+
				"out of the output folder; give it a name without .. and without a leading slash", name)
		}
		stems[i] = shortened(strings.TrimSuffix(name, ownExtension(name)), name)
		seen[stems[i]] = true
	}
	if len(seen) == len(names) {
		return stems, nil
	}
	for i, name := range names {
		stems[i] = shortened(name, name)
	}
	return stems, nil
}

// Shortenings are the images whose files have another name than FileNames gives short ones.
func Shortenings(names, files []string) (list []Shortened) {
	for i, name := range names {
		file := filepath.ToSlash(files[i])
		if file != name && file != strings.TrimSuffix(name, ownExtension(name)) {
			list = append(list, Shortened{name, file})
		}
	}
	return list
}

// ownExtension is that of an image's name; a name that begins with its only dot has none.
func ownExtension(name string) string {
	extension := path.Ext(name)
	if len(extension) > 1 && extension != path.Base(name) {
		return extension
	}
	return ""
}

// shortened is a stem, slash-separated, with the system's separators and no part of it too long.
func shortened(stem, name string) string {
	if !tooLong(stem) {
		return filepath.FromSlash(stem)
	}
	parts := strings.Split(stem, "/")
	for k, part := range parts {
		room := longestName
		if k == len(parts)-1 {
			room -= longestExtension
		}
		if len(part) > room {
			sum := sha256.Sum256([]byte(name))
			mark := "~" + hex.EncodeToString(sum[:8])
			parts[k] = beginning(part, room-len(mark)) + mark
		}
	}
	return strings.Join(parts, string(filepath.Separator))
}

// tooLong tells whether a part of a stem has no room as a name.
func tooLong(stem string) bool {
	for {
		part, rest, more := strings.Cut(stem, "/")
		if !more {
			return len(part) > longestName-longestExtension
		}
		if len(part) > longestName {
			return true
		}
		stem = rest
	}
}

// beginning is that of text, at most so many bytes and no part of a letter.
func beginning(text string, bytes int) string {
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
