package cuda

// Failure is what it means if a device gives an error in the middle of its work, in plain words.
type Failure struct {
	What     string // happened to the device
	Advice   string // what to do about it
	OfKernel bool   // the kernel's doing, as far as can be told, and no mishap of the device
}

// OutOfMemory is the CUresult of an allocation that found no room.
const OutOfMemory = 2

// NotReady is what an event or a stream that is not done yet answers to a question.
const NotReady = 600

const (
	adviceReport = "this is a fault of musc's or of the device's: please report it with what musc " +
		"doctor --self-test prints, and use --device cpu until then"
	adviceLost = "the kernel's log (dmesg) says why in a line with Xid: power, heat, its slot or its " +
		"driver; nvidia-smi shows whether it is there again, else reboot"
	adviceMemory = "nvidia-smi -q -d ECC counts such errors; reset the device (nvidia-smi --gpu-reset) " +
		"or reboot, and have the card replaced if it happens again"
	adviceServer = "NVIDIA's multi-process service (MPS) ended or is overloaded: start it again, or " +
		"stop it and use the device alone"
)

// failures are the codes that cuda.h says a context or a process does not survive, and those of a
// device that is gone.
var failures = map[int]Failure{
	46:  {"it is not available: gone, or taken by another process", adviceLost, false},
	100: {"the driver knows no device any more", adviceLost, false},
	101: {"the driver does not know it any more", adviceLost, false},
	214: {"its memory had an error that ECC cannot correct", adviceMemory, false},
	220: {"NVLink had an error that cannot be corrected", adviceMemory, false},
	226: {"its memory had an error, which was contained", adviceMemory, false},
	700: {"a kernel used an address that is none of its memory", adviceReport, true},
	702: {"a kernel took longer than the system lets it", "a device that drives a display has a time " +
		"limit: use one without a display, or score fewer photos at once (--subsets)", true},
	709: {"its context was destroyed", adviceLost, false},
	710: {"a kernel's assertion failed", adviceReport, true},
	714: {"a kernel's call stack was damaged", adviceReport, true},
	715: {"a kernel met an instruction that is none", adviceReport, true},
	716: {"a kernel used an address that is not aligned", adviceReport, true},
	717: {"a kernel used an address of the wrong kind of memory", adviceReport, true},
	718: {"a kernel jumped to nowhere", adviceReport, true},
	719: {"a kernel ended by an exception", adviceReport, true},
	805: {"the connection to MPS failed", adviceServer, false},
	806: {"MPS does not answer", adviceServer, false},
	807: {"MPS is not ready", adviceServer, false},
	999: {"it is lost, or its driver failed", adviceLost, false},
}

// FailureOf is what a CUresult means; ok is false for those that a device survives.
func FailureOf(code int) (failure Failure, ok bool) {
	failure, ok = failures[code]
	return failure, ok
}
