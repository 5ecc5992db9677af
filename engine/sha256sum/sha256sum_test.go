package sha256sum

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestLinesComeBack(t *testing.T) {
	want := sha256.Sum256([]byte("x"))
	digest := hex.EncodeToString(want[:])
	for path, line := range map[string]string{
		"a b.png":  digest + "  a b.png\n",
		" *a ":     digest + "   *a \n",
		"ü\"'\xff": digest + "  ü\"'\xff\n",
		`a\nb`:     `\` + digest + `  a\\nb` + "\n",
		"a\nb\rc":  `\` + digest + `  a\nb\rc` + "\n",
	} {
		if got := Line(digest, path); got != line {
			t.Errorf("%q is written as %q, not %q", path, got, line)
		}
		if sum, got, err := Parse(line); sum != want || got != path || err != nil {
			t.Errorf("%q is read as %x, %q, %v", line, sum, got, err)
		}
	}
	if _, path, err := Parse(digest + " *binary.png"); path != "binary.png" || err != nil {
		t.Errorf("of a binary file: %q, %v", path, err)
	}
}

func TestWhatIsNoLine(t *testing.T) {
	digest := strings.Repeat("0a", sha256.Size)
	for _, line := range []string{"", "\n", digest, digest + "  ", digest + " a.png", digest + "\ta.png",
		digest[1:] + "  a.png", "x" + digest[1:] + "  a.png", " " + digest + "  a.png", "# a comment"} {
		if _, path, err := Parse(line); err == nil {
			t.Errorf("%q is read as of %q", line, path)
		}
	}
}
