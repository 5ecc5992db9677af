package backbone

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/fault"
)

func TestWhereTheLibraryIsLookedFor(t *testing.T) {
	folder, empty := t.TempDir(), t.TempDir()
	file := filepath.Join(folder, "libonnxruntime.so.1.31.1")
	for _, path := range []string{file, filepath.Join(folder, "libonnxruntime.so.1.30.0"),
		filepath.Join(folder, "readme.txt"), filepath.Join(empty, "readme.txt")} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	absent := filepath.Join(folder, "absent")
	for _, test := range []struct {
		name, flag, variable string
		candidates           []string
		want                 string // "": an error
	}{
		{"flag names the file", file, absent, nil, file},
		{"flag names its folder", folder, absent, nil, file},
		{"flag leads nowhere", absent, file, []string{file}, ""},
		{"flag names a folder without", empty, file, []string{file}, ""},
		{"variable", "", file, []string{absent}, file},
		{"variable leads nowhere", "", absent, []string{file}, ""},
		{"second candidate", "", "", []string{"", absent, file}, file},
		{"nowhere", "", "", []string{absent}, ""},
		{"nowhere to look", "", "", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(LibraryVariable, test.variable)
			got, tried, err := FindLibrary(test.flag, test.candidates...)
			if got != test.want || len(tried) == 0 {
				t.Errorf("got %q, tried %q", got, tried)
			}
			if test.want == "" && fault.KindOf(err) != fault.Setup || test.want != "" && err != nil {
				t.Errorf("got error %v", err)
			}
		})
	}
}

// Without a demand the folder of the running binary comes first, then the candidates.
func TestOrderOfThePlaces(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	t.Setenv(LibraryVariable, "")
	absent := filepath.Join(t.TempDir(), "absent")
	_, tried, _ := FindLibrary("", absent, "", absent+"2")
	if want := []string{filepath.Dir(binary), absent, absent + "2"}; !slices.Equal(tried, want) {
		t.Errorf("looked at %q, want %q", tried, want)
	}
}
