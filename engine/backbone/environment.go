package backbone

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"musc/engine/fault"
)

// environment is ONNX Runtime's state, of which a process has one: the library is loaded by the
// first user and unloaded after the last.
var environment struct {
	sync.Mutex
	library string
	users   int
}

// acquire loads the library for one more user; each success needs one release. Its errors are of
// kind fault.Setup: no such file, no library, too old, or another library is in use.
func acquire(library string) error {
	path, err := canonical(library)
	if err != nil {
		return fault.New(fault.Setup, "cannot load ONNX Runtime from %s: %w; name the library with "+
			"$%s or run: musc setup", library, err, LibraryVariable)
	}
	environment.Lock()
	defer environment.Unlock()
	if environment.users > 0 {
		if path != environment.library {
			return fault.New(fault.Setup, "cannot load ONNX Runtime from %s: this process already "+
				"uses %s; close its sessions first", path, environment.library)
		}
		environment.users++
		return nil
	}
	ort.SetSharedLibraryPath(path)
	// What goes wrong comes back as an error; at any other level it is printed as well.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		reason := oneLine(err)
		if strings.Contains(reason, "setting ORT API base") {
			reason = "it is older than version 1.24"
		}
		return fault.New(fault.Setup, "cannot load ONNX Runtime from %s: %s; run: musc setup",
			path, reason)
	}
	if err := ort.DisableTelemetry(); err != nil {
		_ = ort.DestroyEnvironment()
		return fault.New(fault.Setup, "cannot set up ONNX Runtime from %s: %s; run: musc setup, or name "+
			"another library with $%s", path, oneLine(err), LibraryVariable)
	}
	environment.library, environment.users = path, 1
	return nil
}

func release() error {
	environment.Lock()
	defer environment.Unlock()
	environment.users--
	if environment.users > 0 {
		return nil
	}
	return ort.DestroyEnvironment()
}

// canonical makes one name of all names of a file. An absolute path also keeps the loader from
// searching the system's folders for a bare name.
func canonical(library string) (string, error) {
	if library == "" {
		return "", errors.New("no file is named")
	}
	path, err := filepath.EvalSymlinks(library)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", &os.PathError{Op: "load", Path: path, Err: os.ErrInvalid}
	}
	return filepath.Abs(path)
}

// Version loads the library, unless a session already has, and returns its version, "1.31.1".
// The error is of kind fault.Setup.
func Version(library string) (string, error) {
	if err := acquire(library); err != nil {
		return "", err
	}
	version := ort.GetVersion()
	return version, release()
}

// oneLine flattens ONNX Runtime's messages, which may run over several lines.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
