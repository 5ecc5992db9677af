package imageio

// Normalise fills dst, [3,H,W], with (m/255 - mean) / std of each channel, in float32 as PyTorch's
// ToTensor and Normalize compute it. dst must have 3*H*W elements.
func Normalise(dst []float32, m *RGB, mean, std [3]float32) {
	area := m.Width * m.Height
	if len(dst) != 3*area {
		panic("imageio: Normalise into a slice that is not [3,H,W]")
	}
	for channel := range 3 {
		var table [256]float32 // a pixel has only 256 values
		for value := range table {
			table[value] = (float32(value)/255 - mean[channel]) / std[channel]
		}
		plane := dst[channel*area:][:area]
		for i := range plane {
			plane[i] = table[m.Pix[3*i+channel]]
		}
	}
}
