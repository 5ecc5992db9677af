// Package serve answers over HTTP what a bank of good parts says of a photo:
//
//	POST /v1/score      a photo -> score, verdict, regions and, if asked for, its anomaly map
//	GET  /healthz       200 when photos can be scored, else 503
//	GET  /metrics       Prometheus' text format
//	GET  /openapi.json  the description of all this, OpenAPI 3.1
//	GET  /              a page for people
//
// A photo is an untrusted file: its bytes, its pixels, the time that it may take and the number of those
// that wait are bounded, and what is wrong with it is an answer 4xx. Errors are JSON as well: Problem.
//
// Nobody is asked who they are unless Options.Token is set. Requests that name the server as it is not
// called are refused, as are those that a browser sends for another page, so that no page can use a browser
// on this machine to reach it.
package serve

import (
	"context"
	"image"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/verdict"
)

// Photo is a file that somebody sent.
type Photo struct {
	Name string // for messages; no path
	Data []byte
}

// Inspection is what is found out about a photo.
type Inspection struct {
	Score         float64
	Verdict       verdict.Verdict
	Regions       []verdict.Region
	Width, Height int       // of the photo, in pixels
	Scores        []float32 // patch scores [Rows,Columns]
	Rows, Columns int
	Area          image.Rectangle // the part of the photo, in pixels, that the patches show
	Warnings      []string
	Seconds       map[string]float64 // by step
}

// Inspector scores photos. Inspect is called from several goroutines; it stops soon after ctx is done.
// What is wrong with a photo is of kind fault.Input.
type Inspector interface {
	Inspect(ctx context.Context, photo Photo) (*Inspection, error)
}

// Product is what photos are compared with.
type Product struct {
	Bank       string // its ID
	Photos     int    // good ones in it
	Model      string
	Thresholds verdict.Thresholds
	Scale      report.Scale    // of the maps
	Decode     imageio.Options // how photos are read: MaxPixels
}

// Options are the server's limits. All must be set but Token, Hosts, Local and Log.
type Options struct {
	Version string
	MaxBody int64         // bytes of a request's body
	Timeout time.Duration // from a request's first byte to its answer
	Workers int           // photos that are decoded or scored at a time
	Queue   int           // photos that wait for that

	Token string   // what requests must know, as "Authorization: Bearer TOKEN"; "": nothing
	Hosts []string // names by which the server may be asked for, besides those of Exposure
	Local Exposure
	Log   io.Writer // told of panics; nil: nobody
}

// Server answers. It is not ready before Ready.
type Server struct {
	opts    Options
	routes  map[string]map[string]http.HandlerFunc // by path and method
	ready   atomic.Pointer[readiness]
	desk    *desk
	bodies  *semaphore.Weighted // bytes of all photos that are held
	pixels  *semaphore.Weighted // of all photos that are being scored
	other   *http.CrossOriginProtection
	metrics *metrics
}

// readiness is what photos are scored with.
type readiness struct {
	inspector Inspector
	product   Product
}

// bodiesHeld is how many of the largest bodies fit into the memory for bodies. Most are far smaller.
const bodiesHeld = 4

// roomForPixels is how many there are of all photos that are being scored, so that several photos of 12
// megapixels are decoded at a time; a larger photo than that has the room for itself.
const roomForPixels = 50e6

// New is a server that cannot score yet.
func New(opts Options) *Server {
	s := &Server{opts: opts, desk: newDesk(opts.Workers, opts.Queue),
		bodies: semaphore.NewWeighted(bodiesHeld * opts.MaxBody),
		pixels: semaphore.NewWeighted(roomForPixels), other: http.NewCrossOriginProtection()}
	s.metrics = newMetrics(s.desk)
	s.routes = map[string]map[string]http.HandlerFunc{
		"/":             {http.MethodGet: s.page},
		"/v1/score":     {http.MethodPost: s.score},
		"/healthz":      {http.MethodGet: s.health},
		"/metrics":      {http.MethodGet: s.metrics.handler()},
		"/openapi.json": {http.MethodGet: s.description},
	}
	return s
}

// Ready has the server score photos from now on.
func (s *Server) Ready(inspector Inspector, product Product) {
	s.metrics.bankIs(product, s.opts.Version)
	s.ready.Store(&readiness{inspector, product})
}
