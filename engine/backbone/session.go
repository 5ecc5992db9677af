package backbone

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"musc/engine/device"
	"musc/engine/fault"
)

// Config says which model runs where.
type Config struct {
	Library string // the ONNX Runtime library, from FindLibrary
	Model   string // the ONNX file
	Threads int    // of all runs together; 0: as many as Go uses
	Device  device.Choice

	// Runs is how many calls of Extract may share the threads of a CPU, if that many come at once;
	// 0: one call has them all. Info says what became of it.
	Runs      int
	RunMemory int64 // bytes that they may take besides the weights, about; 0: any
}

// Session is an open model. Its methods may be called from several goroutines.
type Session struct {
	info  Info
	model string

	closing sync.RWMutex // held for reading while a run lasts
	runner  *ort.DynamicAdvancedSession
}

// Open loads the library, once a process, and the model. With the device "auto" CUDA is taken if
// it can be had, else the CPU, with the reason in Info.DeviceNote.
//
// Errors: fault.Usage for an unknown device, fault.Input for a model that is missing, damaged or
// of another kind, fault.Setup for the library (also: another one is in use) and for a demanded
// CUDA device that cannot be had.
//
// The handlers that loading the CUDA provider takes from Go are put back before Open returns;
// signal.Notify must not be called on another goroutine meanwhile.
func Open(config Config) (_ *Session, err error) {
	if config.Threads < 0 {
		return nil, fault.New(fault.Usage, "threads cannot be %d; 0 takes them all", config.Threads)
	}
	config.Threads = cmp.Or(config.Threads, runtime.GOMAXPROCS(0))
	info, err := describeModel(config.Model)
	if err != nil {
		return nil, err
	}
	if err := acquire(config.Library); err != nil {
		return nil, err
	}
	s := &Session{info: info, model: config.Model}
	if err := s.start(config); err != nil {
		_ = release()
		return nil, err
	}
	// Weights inside the model file were copied: what is left of that goes back (20 to 60 MB).
	trimMemory()
	return s, nil
}

func (s *Session) start(config Config) error {
	s.info.Runtime = "ONNX Runtime " + ort.GetVersion()
	wanted := config.Device
	if wanted.CUDA {
		s.info.Runs, s.info.RunThreads = 1, config.Threads
		handlers := saveSignalHandlers()
		runner, err := newRunner(config.Model, config.Threads, func(options *ort.SessionOptions) error {
			return addCUDA(options, config.Library, wanted.First())
		})
		handlers.restore()
		if err == nil {
			s.runner, s.info.Provider = runner, fmt.Sprint("CUDA:", wanted.First())
			s.info.Runtime += cudaRelease(config.Library)
			return nil
		}
		if !wanted.Optional {
			return fault.New(fault.Setup, "cannot run model %s on %s: %s; musc doctor says what is "+
				"missing, --device cpu does without", config.Model, wanted, providerReason(err))
		}
		s.info.DeviceNote = providerReason(err)
		if s.info.Precision == "float16" {
			s.info.DeviceNote += "; the model is in float16, which is slow on a CPU: with --device cpu it " +
				"is built in float32"
		}
	}
	s.info.share(config)
	runner, err := newRunner(config.Model, s.info.RunThreads, nil)
	if err != nil {
		return fault.New(fault.Input, "cannot load model %s: %s; if the file is at fault, fetch or build it again",
			config.Model, oneLine(err))
	}
	s.runner, s.info.Provider = runner, "CPU"
	return nil
}

// newRunner loads the model; prepare may add to the options.
func newRunner(model string, threads int, prepare func(*ort.SessionOptions) error) (
	*ort.DynamicAdvancedSession, error) {
	options, err := sessionOptions(threads)
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if prepare != nil {
		if err := prepare(options); err != nil {
			return nil, err
		}
	}
	return ort.NewDynamicAdvancedSession(model, []string{imageInput}, outputNames, options)
}

// Info describes the model and where it runs.
func (s *Session) Info() Info { return s.info }

// Close waits for runs under way and gives all memory back to the system, the library with its
// last session. A second Close does nothing.
func (s *Session) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.runner == nil {
		return nil
	}
	err := errors.Join(s.runner.Destroy(), release())
	s.runner = nil
	trimMemory()
	return err
}
