package trust

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/mutual"
)

// Without a GPU "auto" is the CPU, with the reason; a GPU that is demanded is an error.
func TestScorersForDevices(t *testing.T) {
	choose := func(choice device.Choice) (mutual.Scorer, string, error) {
		return NewScorer(context.Background(), Resources{Threads: 3, Device: choice})
	}
	scorer, reason, err := choose(device.CPU)
	if cpu, is := scorer.(mutual.CPU); !is || cpu.Threads != 3 || reason != "" || err != nil ||
		mutual.OnGPU(scorer) {
		t.Errorf("cpu: %v, %q, %v", scorer, reason, err)
	}
	absent := []int{99}
	scorer, reason, err = choose(device.Choice{CUDA: true, Optional: true, Ordinals: absent})
	if cpu, is := scorer.(mutual.CPU); !is || cpu.Threads != 3 || reason == "" || err != nil {
		t.Errorf("optional: %v, %q, %v", scorer, reason, err)
	}
	scorer, _, err = choose(device.Choice{CUDA: true, Ordinals: absent})
	if scorer != nil || fault.KindOf(err) != fault.Setup || !strings.HasPrefix(err.Error(),
		"cannot score on cuda:99: ") || !strings.HasSuffix(err.Error(), "; --device cpu does without") {
		t.Errorf("demanded: %v, %v", scorer, err)
	}
	if !mutual.OnGPU(mutual.CUDA{}) {
		t.Error("a CUDA scorer is not on a GPU")
	}
}

// A kernel that there is not is an error before any device is looked for; the CPU needs none.
func TestUnknownKernel(t *testing.T) {
	t.Setenv(KernelVariable, "quickest")
	for _, optional := range []bool{false, true} {
		_, _, err := NewScorer(context.Background(), Resources{
			Device: device.Choice{CUDA: true, Optional: optional, Ordinals: []int{0}}})
		if fault.KindOf(err) != fault.Usage || !strings.HasPrefix(err.Error(),
			`$MUSC_CUDA_KERNEL: there is no kernel "quickest"`) {
			t.Errorf("optional %v: %v", optional, err)
		}
	}
	if _, _, err := NewScorer(context.Background(), Resources{}); err != nil {
		t.Errorf("cpu: %v", err)
	}
}

// By the CPU's own choice a comparison finds nothing wrong, and anything that is not so it finds.
func TestComparison(t *testing.T) {
	p := problem{images: 3, height: 4, width: 5, channels: 24}
	store := p.tokens()
	defer store.Close()
	scores, err := mutual.CPU{}.PatchScores(context.Background(), &mutual.Problem{Images: store,
		Degrees: degrees, Interval: interval})
	if err != nil {
		t.Fatal(err)
	}
	const patches = 4 * 5
	// nearest is the patch of the scorer that is nearest but for so many.
	nearest := func(c *comparison, degree, image, scorer, patch, but int) (best int) {
		token := c.aggregated[degree][image][patch*24:][:24]
		passed := map[int]bool{}
		for range but + 1 {
			least := math.Inf(1)
			for q := range patches {
				squared := squaredDistance(token, c.aggregated[degree][scorer][q*24:][:24])
				if !passed[q] && squared < least {
					best, least = q, squared
				}
			}
			passed[best] = true
		}
		return best
	}
	compare := func(change func(c *comparison, chosen *mutual.Chosen, scores []float64)) *comparison {
		c := p.comparison(store)
		given := append([]float64(nil), scores...)
		for _, degree := range degrees {
			for image := range 3 {
				for scorer := range 3 {
					if scorer == image {
						continue
					}
					chosen := mutual.Chosen{Degree: degree, Image: image, Scorer: scorer}
					for patch := range patches {
						chosen.Nearest = append(chosen.Nearest,
							nearest(c, degree, image, scorer, patch, 0))
					}
					change(c, &chosen, given)
					c.hear(chosen)
				}
			}
		}
		c.finish(given, scores)
		return c
	}
	at := func(chosen *mutual.Chosen) bool {
		return chosen.Degree == 5 && chosen.Image == 2 && chosen.Scorer == 1
	}
	for _, test := range []struct {
		name   string
		change func(c *comparison, chosen *mutual.Chosen, scores []float64)
		says   string // empty: nothing is wrong
	}{
		{"all right", func(*comparison, *mutual.Chosen, []float64) {}, ""},
		{"a score that is a little off", func(_ *comparison, _ *mutual.Chosen, scores []float64) {
			scores[59] += 1e-6
		}, ""},
		{"the second nearest, once", func(c *comparison, chosen *mutual.Chosen, _ []float64) {
			if at(chosen) {
				chosen.Nearest[19] = nearest(c, 5, 2, 1, 19, 1)
			}
		}, "degree 5: patch 19 of image 2 is "},
		{"none was found", func(_ *comparison, chosen *mutual.Chosen, _ []float64) {
			if at(chosen) {
				chosen.Nearest[0] = -1
			}
		}, "patch 0 of image 2 has patch -1 of image 1"},
		{"a patch of the padding", func(_ *comparison, chosen *mutual.Chosen, _ []float64) {
			if at(chosen) {
				chosen.Nearest[0] = patches
			}
		}, "patch 20 of image 1 for its nearest, of 20"},
		{"fewer patches", func(_ *comparison, chosen *mutual.Chosen, _ []float64) {
			if at(chosen) {
				chosen.Nearest = chosen.Nearest[:patches-1]
			}
		}, "359 nearest patches were chosen, not 360"},
		{"a score that is off", func(_ *comparison, _ *mutual.Chosen, scores []float64) {
			scores[59] = scores[59]*0 + 0.5
		}, "patch 19 of image 2 scores 0.50000, and by the CPU "},
		{"a score that is none", func(_ *comparison, _ *mutual.Chosen, scores []float64) {
			scores[0] = math.NaN()
		}, "patch 0 of image 0 scores NaN"},
	} {
		c := compare(test.change)
		if (c.wrong == "") != (test.says == "") || !strings.Contains(c.wrong, test.says) {
			t.Errorf("%s: %q, want %q", test.name, c.wrong, test.says)
		}
	}
}

// A test in this process that does not end is left alone after the limit, or when ctx ends.
func TestThatDoesNotEnd(t *testing.T) {
	forever := make(chan finding)
	hang := func() finding { return <-forever }
	found, err := Test{Limit: time.Millisecond}.within(t.Context(), hang)
	if found.Failure != "it did not end within 1ms" || err != nil {
		t.Errorf("%+v, %v", found, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err = (Test{}).within(ctx, hang); found.Failure != "" || err != context.Canceled {
		t.Errorf("%+v, %v", found, err)
	}
	found, err = Test{}.within(t.Context(), func() finding { return finding{Score: 1} })
	if found.Score != 1 || err != nil {
		t.Errorf("%+v, %v", found, err)
	}
}
