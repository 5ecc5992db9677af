package kernels

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestPick(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"mutual_sm_80.cubin", "mutual_sm_86.cubin", "mutual_sm_89.cubin",
		"mutual_sm_90a.cubin", "mutual_compute_80.ptx", "mutual_wide_sm_80.cubin", "README.md",
		"hopper_sm_90a.cubin", "both_sm_90.cubin", "both_sm_90a.cubin", "both_compute_80.ptx"} {
		files[name] = &fstest.MapFile{Data: []byte("content of " + name)}
	}
	for _, test := range []struct {
		name         string
		major, minor int
		want         string // the file; "": an error
	}{
		{"mutual", 8, 0, "mutual_sm_80.cubin"},
		{"mutual", 8, 6, "mutual_sm_86.cubin"},
		{"mutual", 8, 7, "mutual_sm_86.cubin"}, // nearest lower
		{"mutual", 8, 9, "mutual_sm_89.cubin"},
		{"mutual", 9, 0, "mutual_sm_90a.cubin"},
		{"mutual", 9, 1, "mutual_compute_80.ptx"}, // 90a runs on 9.0 alone
		{"mutual", 10, 0, "mutual_compute_80.ptx"},
		{"mutual", 12, 1, "mutual_compute_80.ptx"},
		{"mutual", 7, 5, ""},
		{"mutual", 7, 9, ""},
		{"mutual_wide", 8, 0, "mutual_wide_sm_80.cubin"}, // one name begins with the other
		{"mutual_wide", 9, 0, ""},
		{"hopper", 9, 0, "hopper_sm_90a.cubin"},
		{"hopper", 8, 9, ""},
		{"both", 9, 0, "both_sm_90a.cubin"}, // the one that uses all of it
		{"both", 9, 1, "both_sm_90.cubin"},
		{"both", 8, 9, "both_compute_80.ptx"},
		{"absent", 8, 0, ""},
	} {
		got, err := pick(files, test.name, test.major, test.minor)
		if got.File != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s on %d.%d: got %q, %v; want %q", test.name, test.major, test.minor, got.File,
				err, test.want)
		}
		if err == nil && got.Content != "content of "+test.want {
			t.Errorf("%s: got %q", got.File, got.Content)
		}
		if low := err != nil && strings.Contains(err.Error(), "too low"); low != (test.major < 8) {
			t.Errorf("%s on %d.%d: got %v", test.name, test.major, test.minor, err)
		}
	}
}
