package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/semaphore"
)

// mediaTypes are those of photos; what is in them decides which kind they are.
var mediaTypes = []string{"", "application/octet-stream", "image/png", "image/jpeg", "image/jpg", "image/gif",
	"image/bmp", "image/x-ms-bmp", "image/tiff", "image/webp"}

const (
	formMediaType = "multipart/form-data"
	formOverhead  = 1 << 16 // of a form beside its file
	longestName   = 1024    // of a photo, in bytes
	firstBytes    = 1 << 16 // room for a body before any of it has come
)

// receive reads the photo of a request. release gives its memory back, also after an error.
func (s *Server) receive(ctx context.Context, w http.ResponseWriter, r *http.Request, name string) (
	photo Photo, release func(), err error) {

	held := &meter{budget: s.bodies}
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") == "" {
		err = nil
	}
	encoding := r.Header.Get("Content-Encoding")
	form := mediaType == formMediaType
	switch {
	case err != nil || !form && !slices.Contains(mediaTypes, mediaType):
		return photo, held.release, &failure{status: http.StatusUnsupportedMediaType, kind: kindMediaType,
			text: fmt.Sprintf("a photo is image/png, image/jpeg, image/gif, image/bmp, image/tiff, image/webp "+
				"or application/octet-stream, or a file in multipart/form-data, not %.100q; with curl: "+
				"-F photo=@FILE", r.Header.Get("Content-Type"))}
	case encoding != "" && encoding != "identity":
		return photo, held.release, &failure{status: http.StatusUnsupportedMediaType, kind: kindMediaType,
			text: fmt.Sprintf("the Content-Encoding %.100q is not read; send the file as it is", encoding)}
	}
	limit := s.opts.MaxBody
	if form {
		limit += formOverhead
	}
	if r.ContentLength > limit {
		return photo, held.release, s.tooLarge()
	}
	// A client that sends slowly holds a connection, and what it has sent so far, but no place in the
	// queue. The deadline stays where the body has not come, since net/http reads on before it answers.
	control := http.NewResponseController(w)
	if deadline, ok := ctx.Deadline(); ok {
		control.SetReadDeadline(deadline)
	}
	held.from = http.MaxBytesReader(w, r.Body, limit)
	photo.Name = name
	if form {
		photo, err = s.fileOf(held, parameters["boundary"], name, r.ContentLength)
	} else {
		photo.Data, err = s.all(held, r.ContentLength)
	}
	if err != nil {
		return photo, held.release, s.failureOfBody(ctx, err)
	}
	control.SetReadDeadline(time.Time{}) // it would end the request while the photo is scored
	if len(photo.Data) == 0 {
		return photo, held.release, &failure{status: http.StatusBadRequest, kind: kindPhoto,
			text: "the photo is empty"}
	}
	if photo.Name == "" {
		photo.Name = "photo"
	}
	return photo, held.release, checkName(photo.Name)
}

// fileOf is the one file of a form.
func (s *Server) fileOf(body io.Reader, boundary, name string, length int64) (photo Photo, err error) {
	parts := multipart.NewReader(body, boundary)
	found := false
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return photo, err
		}
		if part.FileName() == "" || found {
			return photo, &failure{status: http.StatusBadRequest, kind: kindRequest,
				text: "the form must hold one file and nothing else; what else there is to say belongs " +
					"into the query"}
		}
		found = true
		if photo.Name = name; name == "" {
			photo.Name = part.FileName()
		}
		if photo.Data, err = s.all(part, length); err != nil {
			return photo, err
		}
	}
	if !found {
		return photo, &failure{status: http.StatusBadRequest, kind: kindRequest, text: "the form holds no file"}
	}
	return photo, nil
}

// all reads a photo, whose length may be known or -1.
func (s *Server) all(from io.Reader, length int64) ([]byte, error) {
	var data bytes.Buffer
	if length > 0 {
		data.Grow(int(min(length, firstBytes)) + bytes.MinRead)
	}
	if _, err := io.Copy(&data, io.LimitReader(from, s.opts.MaxBody+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > s.opts.MaxBody {
		return nil, s.tooLarge()
	}
	return data.Bytes(), nil
}

func checkName(name string) error {
	if len(name) > longestName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return &failure{status: http.StatusBadRequest, kind: kindRequest, text: fmt.Sprintf("the photo's "+
			"name must be UTF-8 of at most %d bytes", longestName)}
	}
	return nil
}

func (s *Server) tooLarge() *failure {
	return &failure{status: http.StatusRequestEntityTooLarge, kind: kindSize, text: fmt.Sprintf(
		"the photo has more than %d bytes; raise --max-body or send a smaller file", s.opts.MaxBody)}
}

// failureOfBody says why a body did not arrive.
func (s *Server) failureOfBody(ctx context.Context, err error) error {
	var known *failure
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &large):
		return s.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{status: http.StatusRequestTimeout, kind: kindSlow,
			text: "the photo did not arrive within " + s.opts.Timeout.String()}
	case ctx.Err() != nil:
		return errGone
	}
	return &failure{status: http.StatusBadRequest, kind: kindRequest, text: "the body ends too early or is " +
		"no form: " + err.Error()}
}

// meter counts the bytes that are read against those that all photos may take.
type meter struct {
	from   io.Reader
	budget *semaphore.Weighted
	held   int64
}

func (m *meter) Read(p []byte) (n int, err error) {
	n, err = m.from.Read(p)
	if n > 0 && !m.budget.TryAcquire(int64(n)) {
		return 0, &failure{status: http.StatusServiceUnavailable, kind: kindBusy,
			text: "the photos that wait take all the memory there is for them; try again later", retry: 1}
	}
	m.held += int64(n)
	return n, err
}

// release may be called once.
func (m *meter) release() { m.budget.Release(m.held) }
