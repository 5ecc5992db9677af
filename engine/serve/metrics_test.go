package serve

import (
	"bytes"
	"context"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"musc/engine/fault"
)

// gathered are the metrics of a server by name.
func gathered(t *testing.T, s *Server) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := s.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, family := range families {
		byName[family.GetName()] = family
	}
	return byName
}

// metric is the value of the one of that name, without labels.
func metric(t *testing.T, s *Server, name string) float64 {
	t.Helper()
	family := gathered(t, s)[name]
	if family == nil || len(family.Metric) != 1 {
		t.Fatalf("no metric %s, or several: %v", name, family)
	}
	return family.Metric[0].GetGauge().GetValue() + family.Metric[0].GetCounter().GetValue()
}

func TestMetrics(t *testing.T) {
	s := server(t, fake{}, nil)
	post(t, s, "", photo(7, 5, 255))
	post(t, s, "", photo(7, 5, 0))
	post(t, s, "", photo(7, 5, 0))
	ask(t, s, "POST", "/v1/score", strings.NewReader("no photo"), nil)
	ask(t, s, "GET", "/v1/score", nil, nil)
	ask(t, s, "GET", "/<script>", nil, nil)
	response, text := ask(t, s, "GET", "/metrics", nil, nil)
	if response.StatusCode != 200 || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	for _, line := range []string{
		`musc_requests_total{code="200",path="/v1/score"} 3`,
		`musc_requests_total{code="400",path="/v1/score"} 1`,
		`musc_requests_total{code="405",path="/v1/score"} 1`,
		`musc_requests_total{code="404",path="other"} 1`,
		`musc_photos_total{verdict="good"} 2`,
		`musc_photos_total{verdict="review"} 0`,
		`musc_photos_total{verdict="defective"} 1`,
		`musc_step_seconds_count{step="decode"} 3`,
		`musc_step_seconds_count{step="receive"} 3`,
		`musc_step_seconds_count{step="wait"} 3`,
		`musc_step_seconds_count{step="total"} 3`,
		`musc_step_seconds_sum{step="score"} 1.5`,
		`musc_photo_bytes_count 3`,
		`musc_photo_pixels_sum 105`,
		`musc_queue_length 0`,
		`musc_working 0`,
		`musc_panics_total 0`,
		`musc_bank_info{bank="0123abcd",model="a model",version="test"} 1`,
		`musc_bank_photos 12`,
		`# TYPE process_resident_memory_bytes gauge`,
		`# TYPE go_goroutines gauge`,
	} {
		if !bytes.Contains(text, []byte("\n"+line+"\n")) {
			t.Errorf("there is no %s", line)
		}
	}
	if bytes.Contains(text, []byte("<script")) {
		t.Error("a path that somebody made up is a label")
	}
}

// What failed is no photo that was scored.
func TestFailuresAreNoPhotos(t *testing.T) {
	s := server(t, fake{func(context.Context, Photo) error { return fault.New(fault.Input, "no") }}, nil)
	ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(7, 5, 255)), nil)
	families := gathered(t, s)
	if families["musc_step_seconds"] != nil {
		t.Errorf("steps of %v", families["musc_step_seconds"])
	}
	for _, m := range families["musc_photos_total"].Metric {
		if m.GetCounter().GetValue() != 0 {
			t.Errorf("a verdict %v", m)
		}
	}
}
