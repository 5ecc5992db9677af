package cpu

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestChoose(t *testing.T) {
	all, old := []level{portable, avx2, avx512vnni}, []level{portable}
	tests := []struct {
		name, asked string
		available   []level
		want        level
		says        string // in the error, if there must be one
	}{
		{"nothing asked: the best", "", all, avx512vnni, ""},
		{"nothing asked on an old machine", "", old, portable, ""},
		{"forced down", "portable", all, portable, ""},
		{"forced to the middle", "avx2", all, avx2, ""},
		{"unknown", "AVX9", all, avx512vnni, `MUSC_SIMD="AVX9"`},
		{"not on this machine", "avx512", old, portable, "(portable); unset it to use portable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := choose(test.asked, test.available)
			if got != test.want {
				t.Errorf("chose %s, want %s", got, test.want)
			}
			if (err != nil) != (test.says != "") {
				t.Fatalf("error %v, want one that says %q", err, test.says)
			}
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q, want one that says %q", err, test.says)
			}
			if err != nil && fault.KindOf(err) != fault.Usage {
				t.Errorf("error kind %d, want fault.Usage", fault.KindOf(err))
			}
		})
	}
}

func TestEnvironmentForcesTheLevel(t *testing.T) {
	levels := supported()
	tests := map[string]string{"AVX9": levels[len(levels)-1].String() + " true"}
	for _, l := range levels {
		tests[l.String()] = l.String() + " false"
	}
	for asked, want := range tests {
		t.Run(asked, func(t *testing.T) {
			command := exec.Command(os.Args[0])
			command.Env = append(os.Environ(), Variable+"="+asked, printLevel+"=1")
			got, err := command.Output()
			if err != nil || strings.TrimSpace(string(got)) != want {
				t.Errorf("level and error: %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestUse(t *testing.T) {
	before := Level()
	for _, name := range append(Levels(), before) {
		if err := Use(name); err != nil || Level() != name {
			t.Errorf("%s: level %s, %v", name, Level(), err)
		}
	}
	if err := Use("AVX9"); fault.KindOf(err) != fault.Usage || Level() != before {
		t.Errorf("level %s, %v", Level(), err)
	}
}
