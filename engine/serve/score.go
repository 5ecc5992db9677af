package serve

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// request is what a query asks for.
type request struct {
	name    string // of the photo; "": the file's in a form
	format  string // of the map: none, png, tiff or scores
	regions string // "0": none, "1": without their pixels, "runs": with them
}

// parse reads a query. What it does not know is refused: it may be a slip in a name that is known.
func parse(query string) (q request, err error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return q, refuse("the query cannot be read: %v", err)
	}
	q = request{format: "none", regions: "1"}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if len(values[key]) > 1 {
			return q, refuse("the query has %.100q more than once", key)
		}
		value := values.Get(key)
		switch {
		case key == "name":
			q.name, err = value, checkName(value)
		case key == "map" && slices.Contains([]string{"none", formatPNG, formatTIFF, formatScores}, value):
			q.format = value
		case key == "regions" && slices.Contains([]string{"0", "1", "runs"}, value):
			q.regions = value
		default:
			err = refuse("the query's %.100q is not one of name=TEXT, map=none|png|tiff|scores and "+
				"regions=0|1|runs", key+"="+value)
		}
		if err != nil {
			return q, err
		}
	}
	return q, nil
}

func refuse(format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, kind: kindRequest, text: fmt.Sprintf(format, args...)}
}

// score answers POST /v1/score.
func (s *Server) score(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.opts.Timeout)
	defer cancel()
	answer, err := s.answer(ctx, w, r)
	// A client that does not take its answer is not waited for any longer than for its photo.
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.opts.Timeout))
	if err != nil {
		problem(w.(*watchedWriter), s.failureOf(ctx, err))
		return
	}
	send(w, http.StatusOK, answer)
}

// answer scores the photo of a request.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, r *http.Request) (*Answer, error) {
	clock := newStopwatch()
	ready := s.ready.Load()
	if ready == nil {
		return nil, &failure{status: http.StatusServiceUnavailable, kind: kindLoading,
			text: "the model is being loaded; try again soon", retry: 1}
	}
	q, err := parse(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	if s.desk.full() { // before a photo is sent in vain
		return nil, s.desk.busy()
	}
	photo, release, err := s.receive(ctx, w, r, q.name)
	if err != nil {
		release()
		return nil, err
	}
	clock.lap("receive")
	inspection, err := s.take(ctx, ready, photo, release, clock)
	if err != nil {
		return nil, err
	}
	answer, err := answerOf(photo.Name, &ready.product, inspection, q)
	if err != nil {
		return nil, err
	}
	clock.lap("answer")
	maps.Copy(clock.seconds, inspection.Seconds)
	answer.Seconds = clock.total()
	s.metrics.scored(inspection.Verdict, answer.Seconds)
	return answer, nil
}

// take waits for the photo's turn and has it inspected. An inspection whose client does not wait for it any
// longer keeps its turn, and the photo its memory, until it has stopped: release gives that back.
func (s *Server) take(ctx context.Context, ready *readiness, photo Photo, release func(), clock *stopwatch) (
	*Inspection, error) {

	// What is no photo, or too large a one, is refused by its head: it never waits.
	head, err := imageio.HeadOfBytes(photo.Name, photo.Data, ready.product.Decode)
	if err != nil {
		release()
		return nil, err
	}
	pixels := int64(head.Width) * int64(head.Height)
	s.metrics.bytes.Observe(float64(len(photo.Data)))
	s.metrics.pixels.Observe(float64(pixels))
	done, err := s.desk.enter(ctx)
	if err != nil {
		release()
		return nil, err
	}
	clock.lap("wait")
	type outcome struct {
		inspection *Inspection
		err        error
	}
	ended := make(chan outcome, 1)
	go func() {
		defer done()
		defer release()
		inspection, err := s.inspect(ctx, ready.inspector, photo, min(pixels, roomForPixels))
		ended <- outcome{inspection, err}
	}()
	select {
	case o := <-ended:
		clock.restart()
		return o.inspection, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inspect has a photo inspected when there is room for its pixels.
func (s *Server) inspect(ctx context.Context, inspector Inspector, photo Photo, pixels int64) (
	inspection *Inspection, err error) {

	defer func() {
		if cause := recover(); cause != nil {
			s.panicked(cause)
			err = fault.New(fault.Internal, "the server failed at this photo; its log says where")
		}
	}()
	if err := s.pixels.Acquire(ctx, pixels); err != nil {
		return nil, err
	}
	defer s.pixels.Release(pixels)
	return inspector.Inspect(ctx, photo)
}
