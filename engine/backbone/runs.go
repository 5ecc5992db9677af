package backbone

// bytesOfChannel is the memory of a run for each channel of each patch of an image: about forty
// float32 are alive at once, the hidden layer and the heads' weights among them (220 MB for a
// ViT-L/14 at 518 pixels, 15 MB for a ViT-S/14 at 224).
const bytesOfChannel = 40 * 4

// share sets how many runs go on at once on a CPU and the threads of each. Runs of one thread each,
// side by side, need not wait for one another within every operator. Measured on two cores of a Zen 4,
// images a second of a ViT-S/14 at 224 against one run of two threads on four images: two runs of one
// thread on an image each 1.05 to 1.08 times, and with another process on one of the cores, as a
// decoder is, 1.33 times, for there the thread beside it holds up every operator.
//
// Runs are as many as the configuration allows and memory has room for; where those are fewer than
// threads, each gets several.
func (i *Info) share(config Config) {
	most := max(1, config.Runs)
	if config.RunMemory > 0 {
		bytes := int64(i.Patches()) * int64(i.Channels) * bytesOfChannel
		most = int(min(int64(most), max(1, config.RunMemory/max(1, bytes))))
	}
	i.RunThreads = (config.Threads + most - 1) / most
	i.Runs = (config.Threads + i.RunThreads - 1) / i.RunThreads
}
