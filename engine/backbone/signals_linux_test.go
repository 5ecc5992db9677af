package backbone

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// A handler that a library replaces is put back: signal.Notify hears again.
func TestReplacedSignalHandlerIsPutBack(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGUSR1)
	defer signal.Stop(heard)

	handlers := saveSignalHandlers()
	ignore := [4]uint64{1} // SIG_IGN
	sigaction(int(syscall.SIGUSR1), &ignore, nil)
	if now := saveSignalHandlers(); now[syscall.SIGUSR1] == handlers[syscall.SIGUSR1] {
		t.Fatal("the handler was not replaced: this test would see nothing")
	}
	handlers.restore()
	if now := saveSignalHandlers(); *now != *handlers {
		t.Fatal("handlers differ after restore")
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("the signal was not heard")
	}
}
