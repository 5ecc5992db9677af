package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// start opens a headless Chromium, and a blank page in it.
func start() (context.Context, context.CancelFunc, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.WindowSize(1400, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	page, closePage := chromedp.NewContext(allocator)
	limited, cancel := context.WithTimeout(page, 2*time.Minute)
	return limited, func() { cancel(); closePage(); release() }, nil
}

func address(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return "file://" + filepath.ToSlash(absolute)
}

// readyAfter is the time in ms from the start of loading to the first full picture of the page, the
// middle of five.
func readyAfter(path string) (float64, error) {
	page, done, err := start()
	if err != nil {
		return 0, err
	}
	defer done()
	var times [5]float64
	for i := range times {
		err := chromedp.Do(page, chromedp.Navigate(address(path)),
			chromedp.WaitVisible(chromedp.CSS(".card")))
		if err != nil {
			return 0, err
		}
		times[i], err = chromedp.Run(page, chromedp.Evaluate[float64](
			`performance.getEntriesByName("musc-ready")[0].startTime`))
		if err != nil {
			return 0, err
		}
	}
	slices.Sort(times[:])
	return times[len(times)/2], nil
}

// decoded waits for the pictures that are there.
const decoded = `Promise.all([...document.images].map((i) => i.decode().catch(() => 0))).then(() => 1)`

// screenshots takes pictures of the page, light, dark and narrow, and of its second photo.
func screenshots(path, folder string) error {
	page, done, err := start()
	if err != nil {
		return err
	}
	defer done()
	for _, shot := range []struct {
		name          string
		width, height int64
		scheme        string
		large         bool
	}{
		{"report.png", 1400, 900, "light", false},
		{"report-dark.png", 1400, 900, "dark", false},
		{"report-narrow.png", 390, 844, "light", false},
		{"report-large.png", 1400, 900, "light", true},
		{"report-large-dark.png", 1400, 900, "dark", true},
		{"report-large-narrow.png", 390, 844, "light", true},
	} {
		_, err := chromedp.Call(page, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: shot.scheme}}})
		if err != nil {
			return err
		}
		steps := []chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(shot.width, shot.height),
			chromedp.Navigate(address(path)), chromedp.WaitVisible(chromedp.CSS(".card"))}
		if shot.large {
			steps = append(steps, chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"),
				chromedp.WaitVisible(chromedp.CSS("dialog.large")))
		}
		if err := chromedp.Do(page, steps...); err != nil {
			return err
		}
		if _, err := chromedp.Run(page, chromedp.Evaluate[int](decoded, chromedp.EvalAwaitPromise)); err != nil {
			return err
		}
		picture, err := chromedp.Run(page, chromedp.CaptureScreenshot())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, shot.name), picture, 0o666); err != nil {
			return err
		}
	}
	return nil
}
