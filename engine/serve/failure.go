package serve

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// Problem is the answer to what cannot be done.
type Problem struct {
	Error string `json:"error"` // for people
	Kind  string `json:"kind"`  // for programs
}

// The kinds of problems, and the status that each goes with.
const (
	kindRequest   = "request"    // 400: the query, or the form around the photo
	kindPhoto     = "photo"      // 400: no picture, or a damaged one
	kindToken     = "token"      // 401
	kindHost      = "host"       // 403: another name than the server's, or another page
	kindPath      = "path"       // 404
	kindMethod    = "method"     // 405
	kindSlow      = "slow"       // 408: the body does not arrive in time
	kindSize      = "size"       // 413: more bytes than --max-body
	kindMediaType = "media_type" // 415
	kindPixels    = "pixels"     // 422: more pixels than --max-pixels
	kindInternal  = "internal"   // 500
	kindBusy      = "busy"       // 503: too many photos wait, or too many bytes are held
	kindLoading   = "loading"    // 503: the model is not loaded yet
	kindTime      = "time"       // 504: scoring took too long
)

// statusGone is counted where the client went away before the answer; nobody is told.
const statusGone = 499

// failure is a problem on its way to the client.
type failure struct {
	status     int
	kind, text string
	retry      float64 // seconds after which to try again; 0: not said
}

func (f *failure) Error() string { return f.text }

var errGone = &failure{status: statusGone}

// problem answers with a failure.
func problem(w *watchedWriter, f *failure) {
	if w.status != 0 { // the answer has begun
		return
	}
	if f.status == statusGone {
		w.status = statusGone
		return
	}
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retry))))
	}
	if f.status == http.StatusRequestTimeout {
		w.Header().Set("Connection", "close") // the rest of the body would be read as a request
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="musc"`)
	}
	send(w, f.status, Problem{f.text, f.kind})
}

// send answers with JSON; who went away needs no answer.
func send(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}

// failureOf says what an error of reading or scoring a photo is for the client. ctx is the request's.
func (s *Server) failureOf(ctx context.Context, err error) *failure {
	var known *failure
	var large *imageio.TooLargeError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{status: http.StatusGatewayTimeout, kind: kindTime,
			text: "scoring took longer than " + s.opts.Timeout.String() + "; try again, or raise --timeout"}
	case ctx.Err() != nil:
		return errGone
	case errors.As(err, &large):
		return &failure{status: http.StatusUnprocessableEntity, kind: kindPixels, text: err.Error()}
	case fault.KindOf(err) == fault.Input:
		return &failure{status: http.StatusBadRequest, kind: kindPhoto, text: err.Error()}
	}
	return &failure{status: http.StatusInternalServerError, kind: kindInternal, text: err.Error()}
}
