//go:build !linux

package backbone

// signalHandlers is empty where there is no CUDA provider to replace them.
type signalHandlers struct{}

func saveSignalHandlers() *signalHandlers { return nil }

func (*signalHandlers) restore() {}
