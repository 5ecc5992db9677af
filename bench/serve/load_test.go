package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"musc/engine/imageio"
	"musc/engine/serve"
	"musc/engine/verdict"
)

// decoder scores photos by nothing.
type decoder struct{}

func (decoder) Inspect(ctx context.Context, photo serve.Photo) (*serve.Inspection, error) {
	rgb, _, err := imageio.DecodeBytes(photo.Name, photo.Data, imageio.Options{})
	if err != nil {
		return nil, err
	}
	return &serve.Inspection{Score: .5, Verdict: verdict.Good, Width: rgb.Width, Height: rgb.Height,
		Scores: make([]float32, 6), Rows: 2, Columns: 3, Area: image.Rect(0, 0, rgb.Width, rgb.Height)}, ctx.Err()
}

// More clients than turns, and one request in two is bad: nothing else than is announced is answered, and
// nothing is left behind.
func TestUnderLoadEveryAnswerIsAsItMustBe(t *testing.T) {
	s := serve.New(serve.Options{MaxBody: 1 << 22, Timeout: time.Minute, Workers: 2, Queue: 16})
	s.Ready(decoder{}, serve.Product{Bank: "b", Model: "m"})
	before := runtime.NumGoroutine()
	server := httptest.NewServer(s)
	folder := t.TempDir()
	picture := image.NewGray(image.Rect(0, 0, 61, 43))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * i)
	}
	var photo, text bytes.Buffer
	if err := png.Encode(&photo, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.png"), photo.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), &text, options{address: server.URL, clients: 12, bad: 50, time: 2 * time.Second,
		photos: []string{folder}})
	server.Close()
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	for _, want := range []string{"photos were scored", "60,000 x 60,000 pixels", "422: ", "415: ", "memory, MB: "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	for range 1000 { // inspections whose clients went away end soon
		if runtime.NumGoroutine() <= before+1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestWrongAnswersAreErrors(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "no.png"), bytes.Repeat([]byte("no photo"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve.New(serve.Options{MaxBody: 1 << 22, Timeout: time.Minute, Workers: 2, Queue: 4})
	s.Ready(decoder{}, serve.Product{})
	server := httptest.NewServer(s)
	defer server.Close()
	err := run(t.Context(), &bytes.Buffer{}, options{address: server.URL, clients: 2, time: 200 * time.Millisecond,
		photos: []string{folder}})
	if err == nil || !strings.Contains(err.Error(), "photo: 400") {
		t.Errorf("got %v", err)
	}
}
