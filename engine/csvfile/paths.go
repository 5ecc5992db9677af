package csvfile

import (
	"path/filepath"
	"strings"
)

// PathHint is said of a path out of a list that names no file: " (Windows paths with \ are not
// understood here; write /)" if that may be why, else "".
func PathHint(path string) string {
	drive := len(path) > 2 && path[1] == ':' && strings.ContainsAny(path[2:3], `/\`)
	if filepath.Separator == '/' && (drive || strings.Contains(path, `\`)) {
		return ` (it is a path of Windows, with \ or a drive's letter; write it with / as it is here)`
	}
	return ""
}
