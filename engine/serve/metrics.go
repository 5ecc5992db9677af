package serve

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"musc/engine/verdict"
)

// metrics are those of one server, in a registry of its own.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by path and code
	steps    *prometheus.HistogramVec // seconds, by step
	verdicts *prometheus.CounterVec
	bytes    prometheus.Histogram
	pixels   prometheus.Histogram
	panics   prometheus.Counter
	bank     *prometheus.GaugeVec
	photos   prometheus.Gauge
}

func newMetrics(d *desk) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "musc_requests_total",
			Help: "Requests that were answered; code 499 is a client that went away."}, []string{"path", "code"}),
		steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "musc_step_seconds",
			Help:    "Seconds that scored photos took, by step; total is from the request to its answer.",
			Buckets: prometheus.ExponentialBuckets(.001, 2, 16)}, []string{"step"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "musc_photos_total",
			Help: "Photos that were scored, by verdict."}, []string{"verdict"}),
		bytes: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "musc_photo_bytes",
			Help: "Bytes of photos.", Buckets: prometheus.ExponentialBuckets(1<<12, 4, 9)}),
		pixels: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "musc_photo_pixels",
			Help: "Pixels of photos.", Buckets: prometheus.ExponentialBuckets(1<<14, 4, 8)}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "musc_panics_total",
			Help: "Mistakes of this program that a request met with."}),
		bank: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "musc_bank_info",
			Help: "1, with what photos are compared with in its labels."},
			[]string{"bank", "model", "version"}),
		photos: prometheus.NewGauge(prometheus.GaugeOpts{Name: "musc_bank_photos",
			Help: "Good photos in the bank."}),
	}
	gauge := func(name, help string, value func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return float64(value()) })
	}
	m.registry.MustRegister(m.requests, m.steps, m.verdicts, m.bytes, m.pixels, m.panics, m.bank, m.photos,
		gauge("musc_queue_length", "Photos that wait to be scored.", d.waiting),
		gauge("musc_working", "Photos that are being scored.", func() int { return len(d.working) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, v := range []verdict.Verdict{verdict.Good, verdict.Review, verdict.Defective} {
		m.verdicts.WithLabelValues(string(v)) // counted from 0 on
	}
	return m
}

func (m *metrics) handler() http.HandlerFunc {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP
}

func (m *metrics) bankIs(product Product, version string) {
	m.bank.WithLabelValues(product.Bank, product.Model, version).Set(1)
	m.photos.Set(float64(product.Photos))
}

// answered counts a request; status 0 is an answer without a body.
func (m *metrics) answered(path string, status int) {
	if status == 0 {
		status = http.StatusOK
	}
	m.requests.WithLabelValues(path, strconv.Itoa(status)).Inc()
}

// scored counts a photo.
func (m *metrics) scored(v verdict.Verdict, seconds map[string]float64) {
	name := string(v)
	if v == verdict.None {
		name = "none"
	}
	m.verdicts.WithLabelValues(name).Inc()
	for step, value := range seconds {
		m.steps.WithLabelValues(step).Observe(value)
	}
}
