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

// redraw moves the threshold back and forth, and gives the time of a picture in ms: of the scripts,
// and of the browser until the next one.
const redraw = `(async () => {
	const slider = document.querySelector(".slider [type=range]");
	const [low, high] = [Number(slider.min), Number(slider.max)];
	const frame = () => new Promise(requestAnimationFrame);
	await frame();
	const start = performance.now();
	const steps = 40;
	for (let i = 0; i < steps; i++) {
		slider.valueAsNumber = low + (high - low) * (i % 20) / 20;
		slider.dispatchEvent(new Event("input", { bubbles: true }));
		await frame();
	}
	return (performance.now() - start) / steps;
})()`

// times are those from the start of loading to the first full picture of the page, and of a picture
// while the threshold moves: the middle of five, in ms.
func times(path string) (ready, redrawn float64, err error) {
	page, done, err := start()
	if err != nil {
		return 0, 0, err
	}
	defer done()
	var readies, redraws [5]float64
	for i := range readies {
		if err := chromedp.Do(page, chromedp.Navigate(address(path)),
			chromedp.WaitVisible(chromedp.CSS(".card"))); err != nil {
			return 0, 0, err
		}
		if readies[i], err = chromedp.Run(page, chromedp.Evaluate[float64](
			`performance.getEntriesByName("musc-ready")[0].startTime`)); err != nil {
			return 0, 0, err
		}
		if redraws[i], err = chromedp.Run(page, chromedp.Evaluate[float64](redraw,
			chromedp.EvalAwaitPromise)); err != nil {
			return 0, 0, err
		}
	}
	slices.Sort(readies[:])
	slices.Sort(redraws[:])
	return readies[2], redraws[2], nil
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
