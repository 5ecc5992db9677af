//go:build !unix

package assets

import "context"

// lock does nothing here: files appear whole all the same, and two processes that fill the cache
// at once download a wheel twice.
func lock(context.Context, string, func(string)) (unlock func(), err error) {
	return func() {}, nil
}
