package backbone

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Loading the CUDA provider replaces signal handlers of the process, Go's among them: Ctrl-C then
// kills it, and a fault in Go code is no panic any more. So the handlers are written down before
// and the replaced ones put back afterwards. This covers signal.Notify as well; no caller has to
// register again. Only a Notify or Reset of another goroutine while the provider loads is lost.

// signalHandlers holds the kernel's sigaction of each signal as it came, whatever its layout.
type signalHandlers [lastSignal + 1][4]uint64

const lastSignal = 64

func saveSignalHandlers() *signalHandlers {
	handlers := new(signalHandlers)
	for signal := range handlers { // there is no signal 0: the kernel leaves its handler at zeros
		sigaction(signal, nil, &handlers[signal])
	}
	return handlers
}

// restore puts back those handlers that differ from the saved ones.
func (h *signalHandlers) restore() {
	now := saveSignalHandlers()
	for signal := range h {
		if now[signal] != h[signal] {
			sigaction(signal, &h[signal], nil)
		}
	}
}

// sigaction calls the kernel. It fails for nothing but SIGKILL and SIGSTOP, which have no handler.
func sigaction(signal int, set, old *[4]uint64) {
	const maskBytes = 8
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(set)),
		uintptr(unsafe.Pointer(old)), maskBytes, 0, 0)
}
