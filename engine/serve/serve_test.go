package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/verdict"
)

// fake decodes photos, and scores them by their first pixel.
type fake struct {
	during func(ctx context.Context, photo Photo) error // nil: nothing
}

func (f fake) Inspect(ctx context.Context, photo Photo) (*Inspection, error) {
	rgb, warnings, err := imageio.DecodeBytes(photo.Name, photo.Data, product.Decode)
	if err != nil {
		return nil, err
	}
	if f.during != nil {
		if err := f.during(ctx, photo); err != nil {
			return nil, err
		}
	}
	score := float64(rgb.Pix[0]) / 255
	found := &Inspection{Score: score, Verdict: product.Thresholds.Of(score), Width: rgb.Width,
		Height: rgb.Height, Scores: []float32{0, .25, .5, float32(score), 0, .125}, Rows: 2, Columns: 3,
		Area: image.Rect(min(1, rgb.Width-1), min(2, rgb.Height-1), rgb.Width, rgb.Height), Warnings: warnings,
		Seconds: map[string]float64{"decode": .25, "score": .5}}
	if found.Verdict == verdict.Defective {
		found.Regions = []verdict.Region{{X: 1, Y: 2, Width: 3, Height: 1, Area: 3, CentroidX: 2, CentroidY: 2,
			PeakX: 2, PeakY: 2, Peak: score, Mean: .5, Runs: []verdict.Run{{Y: 2, From: 1, To: 4}}}}
	}
	return found, nil
}

var product = Product{Bank: "0123abcd", Photos: 12, Model: "a model",
	Thresholds: verdict.Thresholds{Method: "auto", Threshold: .5, Review: .4},
	Scale:      report.Scale{Low: .25, High: .75, Threshold: .5}, Decode: imageio.Options{MaxPixels: 10000}}

var limits = Options{Version: "test", MaxBody: 1 << 16, Timeout: time.Minute, Workers: 2, Queue: 2}

// server is one that is ready, with limits that change may alter.
func server(t testing.TB, inspector Inspector, change func(*Options)) *Server {
	t.Helper()
	opts := limits
	if change != nil {
		change(&opts)
	}
	s := New(opts)
	s.Ready(inspector, product)
	return s
}

// photo is a grey PNG.
func photo(width, height int, grey uint8) []byte {
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = grey
	}
	var data bytes.Buffer
	if err := png.Encode(&data, picture); err != nil {
		panic(err)
	}
	return data.Bytes()
}

// form is a body with a file a name, and its media type.
func form(data []byte, names ...string) (body *bytes.Buffer, mediaType string) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, name := range names {
		part, err := w.CreateFormFile("photo", name)
		if err != nil {
			panic(err)
		}
		part.Write(data)
	}
	w.Close()
	return body, w.FormDataContentType()
}

// ask asks s, and checks the answer against the description.
func ask(t *testing.T, s *Server, method, target string, body io.Reader, change func(*http.Request)) (
	*http.Response, []byte) {

	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, body)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	if change != nil {
		change(r)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	response := recorder.Result()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	described(t, r, response, text)
	return response, text
}

// post sends a photo, and reads the answer.
func post(t *testing.T, s *Server, query string, data []byte) (answer Answer) {
	t.Helper()
	response, text := ask(t, s, "POST", "/v1/score"+query, bytes.NewReader(data), nil)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%d: %s", response.StatusCode, text)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// wants checks that an answer is a problem.
func wants(t *testing.T, what string, response *http.Response, text []byte, status int, kind, words string) {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(text, &p); err != nil || response.StatusCode != status || p.Kind != kind ||
		!strings.Contains(p.Error, words) {
		t.Errorf("%s: %d %s, %v; want %d, kind %s, with %q", what, response.StatusCode, text, err, status, kind,
			words)
	}
}

func TestAPhotoIsScored(t *testing.T) {
	s := server(t, fake{}, nil)
	got := post(t, s, "?name=a.png", photo(7, 5, 153))
	if got.Image != "a.png" || got.Score != .6 || *got.Verdict != verdict.Defective || *got.Threshold != .5 ||
		*got.Review != .4 || *got.Margin != got.Score-.5 || got.Width != 7 || got.Height != 5 ||
		got.Bank != product.Bank || got.Model != product.Model || got.Map != nil || len(got.Warnings) != 0 {
		t.Errorf("%+v", got)
	}
	if len(got.Regions) != 1 || got.Regions[0].Peak != .6 || got.Regions[0].Runs != nil {
		t.Errorf("regions %+v", got.Regions)
	}
	for _, step := range []string{"receive", "wait", "decode", "score", "answer", "total"} {
		if _, ok := got.Seconds[step]; !ok {
			t.Errorf("no seconds of %q: %v", step, got.Seconds)
		}
	}
	if got := post(t, s, "", photo(7, 5, 0)); *got.Verdict != verdict.Good || got.Image != "photo" ||
		got.Regions == nil || len(got.Regions) != 0 {
		t.Errorf("a good one: %+v", got)
	}
	if got := post(t, s, "?regions=0", photo(7, 5, 255)); len(got.Regions) != 0 {
		t.Errorf("regions that nobody asked for: %+v", got.Regions)
	}
	if got := post(t, s, "?regions=runs", photo(7, 5, 255)); len(got.Regions) != 1 ||
		len(got.Regions[0].Runs) != 1 {
		t.Errorf("no runs: %+v", got.Regions)
	}
}

func TestBodiesOfAllKindsAreRead(t *testing.T) {
	s := server(t, fake{}, nil)
	for _, mediaType := range append([]string{"image/png; charset=binary", "IMAGE/PNG"}, mediaTypes...) {
		response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)),
			func(r *http.Request) { r.Header.Set("Content-Type", mediaType) })
		if response.StatusCode != http.StatusOK {
			t.Errorf("%q: %d %s", mediaType, response.StatusCode, text)
		}
	}
	for query, want := range map[string]string{"": "part.png", "?name=mine": "mine"} {
		body, mediaType := form(photo(3, 3, 1), "C:\\x\\../part.png")
		response, text := ask(t, s, "POST", "/v1/score"+query, body,
			func(r *http.Request) { r.Header.Set("Content-Type", mediaType) })
		var answer Answer
		if json.Unmarshal(text, &answer) != nil || response.StatusCode != 200 || answer.Image != want {
			t.Errorf("a form: %d %s", response.StatusCode, text)
		}
	}
	response, text := ask(t, s, "POST", "/v1/score", io.MultiReader(bytes.NewReader(photo(3, 3, 1))),
		func(r *http.Request) { r.ContentLength = -1 })
	if response.StatusCode != 200 {
		t.Errorf("of unknown length: %d %s", response.StatusCode, text)
	}
}

func TestABankWithoutThresholdGivesNoVerdict(t *testing.T) {
	s := New(limits)
	plain := product
	plain.Thresholds = verdict.Thresholds{Method: "auto", Why: "too few photos"}
	s.Ready(fake{}, plain)
	got := post(t, s, "", photo(3, 3, 255))
	if got.Verdict != nil || got.Threshold != nil || got.Review != nil || got.Margin != nil || got.Score != 1 {
		t.Errorf("%+v", got)
	}
}

func TestMaps(t *testing.T) {
	s := server(t, fake{}, nil)
	data := photo(61, 42, 255)
	scores := post(t, s, "?map=scores", data).Map
	if scores.Rows != 2 || scores.Columns != 3 || len(scores.Scores) != 6 || scores.Scores[3] != 1 ||
		scores.Area != (Box{1, 2, 60, 40}) || scores.Data != nil || scores.Scale != nil {
		t.Errorf("scores: %+v", scores)
	}
	heat := post(t, s, "?map=png", data).Map
	picture, err := png.Decode(bytes.NewReader(heat.Data))
	if err != nil || picture.Bounds() != image.Rect(0, 0, 60, 40) || heat.Width != 60 || heat.Height != 40 ||
		*heat.Scale != (Scale{.25, .75}) {
		t.Fatalf("png: %+v, %v", heat, err)
	}
	cool, hot := color.NRGBAModel.Convert(picture.At(0, 0)), color.NRGBAModel.Convert(picture.At(0, 39))
	if levels := product.Scale.Colours(); hot != (color.NRGBA{levels[255][0], levels[255][1], levels[255][2],
		levels[255][3]}) || cool.(color.NRGBA).A != 0 {
		t.Errorf("the colours are %v and %v", cool, hot)
	}
	exact := post(t, s, "?map=tiff", data).Map
	path := filepath.Join(t.TempDir(), "map.tiff")
	if err := os.WriteFile(path, exact.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	values, width, height, err := report.ReadMap(path)
	if err != nil || width != 60 || height != 40 || values[0] != 0 || values[39*60] != 1 {
		t.Errorf("tiff: %+v, %v", exact, err)
	}
}

func TestMapsOfLargePhotosAreShrunk(t *testing.T) {
	for _, c := range []struct{ size, want image.Point }{{image.Pt(1024, 3), image.Pt(1024, 3)},
		{image.Pt(2048, 3), image.Pt(1024, 1)}, {image.Pt(4000, 3000), image.Pt(1024, 768)},
		{image.Pt(1, 99999), image.Pt(1, 1024)}} {
		if got := shrunk(c.size, longerSide); got != c.want {
			t.Errorf("%v: %v, want %v", c.size, got, c.want)
		}
	}
}
