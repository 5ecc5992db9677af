// Package loader opens shared libraries by their full paths, for libraries that are opened later
// and need them: the system's loader takes one that is open already, by its name (soname), before
// it searches any folder. So what was fetched into a folder of its own needs no LD_LIBRARY_PATH.
package loader
