package pull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"musc/engine/fault"
)

const (
	partSuffix = ".part"      // what has arrived so far
	tagSuffix  = ".part.etag" // the version of the file that it is a part of
	chunkBytes = 1 << 18
	unknown    = -1 // the length of a file, where the server does not say it
)

var errStalled = errors.New("nothing arrived any more")

// fetch downloads address to target. want is the SHA-256, "" if only the server may know it. A
// file that the server lacks is errNotFound.
func (c *Client) fetch(ctx context.Context, address, target, want string) error {
	part, err := openPart(target)
	if err != nil {
		return err
	}
	asked, address := address, redacted(address)
	defer part.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.stall(), func() { cancel(errStalled) })
	defer watch.Stop()

	response, linked, err := c.ask(ctx, asked, part, want != "")
	if err != nil {
		return part.interrupted(ctx, address, err)
	}
	defer response.Body.Close()
	total, err := part.begin(response, address)
	if err != nil {
		return err
	}
	want = strings.ToLower(cmp.Or(want, linked, sha256Tag(response.Header.Get("Etag"))))

	buffer := make([]byte, chunkBytes)
	c.report(part.size, total)
	for err == nil && ctx.Err() == nil {
		watch.Reset(c.stall())
		var n int
		n, err = response.Body.Read(buffer)
		if writeErr := part.write(buffer[:n]); writeErr != nil {
			return writeErr
		}
		c.report(part.size, total)
	}
	if err != io.EOF || total != unknown && part.size != total {
		return part.interrupted(ctx, address, err)
	}
	return part.finish(address, want)
}

func (c *Client) report(done, total int64) {
	if c.Progress != nil {
		c.Progress(done, total)
	}
}

// ask requests the file, or the rest of it. Without a checksum a part is only resumed if the
// server can tell that the file is still the same (If-Range).
func (c *Client) ask(ctx context.Context, address string, part *part, pinned bool) (
	response *http.Response, linked string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Accept-Encoding", "identity")
	if part.size > 0 && (part.tag != "" || pinned) {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", part.size))
		if part.tag != "" {
			request.Header.Set("If-Range", part.tag)
		}
	}
	response, err = c.client(&linked).Do(request)
	if err != nil {
		return nil, "", err
	}
	if response.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		// The part is as long as the file or longer, and was not found whole: begin again.
		response.Body.Close()
		if err := part.truncate(); err != nil {
			return nil, "", err
		}
		request.Header.Del("Range")
		request.Header.Del("If-Range")
		response, err = c.client(&linked).Do(request)
	}
	return response, linked, err
}

// begin brings the part in line with what the server is about to send and returns the file's size,
// or unknown.
func (p *part) begin(response *http.Response, address string) (total int64, err error) {
	switch status := response.StatusCode; status {
	case http.StatusOK: // the whole file, also from servers that know no ranges
		if err := p.truncate(); err != nil {
			return 0, err
		}
		total = response.ContentLength
	case http.StatusPartialContent:
		var first, last int64
		_, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/%d",
			&first, &last, &total)
		if err != nil || first != p.size || first > last || last != total-1 {
			p.remove()
			return 0, fault.New(fault.Setup, "%s answers with the range %q instead of the bytes from "+
				"%d on; run again to begin afresh", address, response.Header.Get("Content-Range"), p.size)
		}
	case http.StatusNotFound, http.StatusGone:
		p.removeIfEmpty()
		return 0, errNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		p.removeIfEmpty()
		return 0, fault.New(fault.Setup, "%s may not be read without an account (%s); download it "+
			"yourself to %s", address, response.Status, p.target)
	default:
		p.removeIfEmpty()
		return 0, fault.New(fault.Setup, "%s answers %s; try again later, or set $%s to a mirror",
			address, response.Status, HubVariable)
	}
	return total, p.remember(response.Header.Get("Etag"))
}

// interrupted describes why a transfer ended early and what remains.
func (p *part) interrupted(ctx context.Context, address string, err error) error {
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	p.removeIfEmpty()
	advice := fmt.Sprintf("check the connection, set $%s to a mirror, or download it yourself to %s",
		HubVariable, p.target)
	if p.size > 0 {
		advice = fmt.Sprintf("run again to go on from %d bytes", p.size)
	}
	cause := context.Cause(ctx)
	if cause != nil && !errors.Is(cause, errStalled) {
		return fmt.Errorf("interrupted: %w; %s", cause, advice)
	}
	if cause != nil {
		err = cause
	} else if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	var timeout interface{ Timeout() bool }
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		err = fmt.Errorf("no answer in time: %w", err)
	}
	return fault.New(fault.Setup, "transfer from %s failed: %w; %s", address, err, advice)
}
