package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

type event = fsnotify.Event

// notifier tells of changes in folders, not in those below them.
type notifier interface {
	Add(folder string) error
	Events() <-chan event
	Errors() <-chan error
	Close() error
}

// newNotifier asks the system for it.
func newNotifier() (notifier, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return systemNotifier{watcher}, nil
}

// systemNotifier is a notifier of fsnotify's.
type systemNotifier struct{ *fsnotify.Watcher }

func (n systemNotifier) Events() <-chan event { return n.Watcher.Events }
func (n systemNotifier) Errors() <-chan error { return n.Watcher.Errors }

// follow has the changes in a folder told from now on. What a folder does not allow its scan tells.
func (a *arrivals) follow(folder string) {
	if a.notifier == nil {
		return
	}
	switch err := a.notifier.Add(folder); {
	case errors.Is(err, syscall.ENOSPC):
		a.poll("it has more folders than the system tells changes of; fs.inotify.max_user_watches is the limit")
	case errors.Is(err, syscall.EMFILE):
		a.poll("no more files can be opened")
	case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
		a.poll("the changes in " + folder + " are not told: " + err.Error())
	}
}

// changed hears of a change.
func (a *arrivals) changed(ctx context.Context, e event) {
	if !e.Has(fsnotify.Create) && !e.Has(fsnotify.Write) && !e.Has(fsnotify.Chmod) {
		return // what it was renamed to is told as created
	}
	name, err := filepath.Rel(a.Folder, e.Name)
	if err != nil || name == "." {
		return
	}
	if info, err := os.Lstat(e.Name); err == nil && info.IsDir() {
		if e.Has(fsnotify.Create) && a.scanner.enters(e.Name) {
			_ = a.scan(ctx, e.Name) // a folder that is gone again has nothing in it
		}
		return
	}
	a.consider(filepath.ToSlash(name))
}

// missed hears that changes may have been missed.
func (a *arrivals) missed(err error) {
	if errors.Is(err, fsnotify.ErrEventOverflow) {
		a.once("overflow", "more changes than the system keeps: "+a.Folder+" is looked through for all of them")
	} else {
		a.once("overflow", "the system tells changes no more as it should: "+err.Error())
	}
	a.soon()
}
