// Package gpubench measures musc on CUDA devices, and PyTorch beside it on the same device: the
// search by itself, mutual scoring as a whole, and photos to scores with the paper's backbones, in
// the rows of the paper's table. What runs on the device is timed by its own events.
//
// It is used by bench, and by bench/gpu, which carries it to machines without Go or a network.
package gpubench

import "fmt"

// Shape is a backbone as the paper's table has it.
type Shape struct {
	Name      string `json:"name"`
	Model     string `json:"model"` // in models.Registry
	ImageSize int    `json:"image_size"`
	Height    int    `json:"height"` // of the patch grid
	Width     int    `json:"width"`
	Channels  int    `json:"channels"`
	Stages    int    `json:"stages"`
}

func (s Shape) patches() int { return s.Height * s.Width }

// Paper has the two backbones of the paper's table, at the sizes it uses.
var Paper = []Shape{
	{"ViT-L-14-336 at 518", "vit_large_patch14_clip_336.openai", 518, 37, 37, 1024, 4},
	{"ViT-B-16-plus-240 at 512", "vit_base_patch16_plus_clip_240.laion400m_e32", 512, 32, 32, 896, 4},
}

// published is what the paper reports of 200 images on one RTX 3090: milliseconds an image and MB.
var published = map[string][3]struct{ milliseconds, megabytes float64 }{ // s = 1, 2, 3
	"ViT-L-14-336 at 518":      {{998.8, 7168}, {605.8, 5666}, {513.5, 5026}},
	"ViT-B-16-plus-240 at 512": {{455.3, 3002}, {285.7, 2740}, {238.3, 2684}},
}

// paperCells are the paper's time and memory of a row, dashes where it has none.
func paperCells(shape string, subsets int) (milliseconds, megabytes string) {
	rows, ok := published[shape]
	if !ok || subsets < 1 || subsets > len(rows) {
		return "-", "-"
	}
	row := rows[subsets-1]
	return fmt.Sprintf("%.1f", row.milliseconds), fmt.Sprintf("%.0f", row.megabytes)
}
