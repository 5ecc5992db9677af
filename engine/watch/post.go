package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/cenkalti/backoff/v5"

	"musc/engine/fault"
)

// Post sends each photo's entry as JSON to a web address, in their order, at least once: what was not
// accepted is sent again, also by later runs. The header Idempotency-Key is the same each time.
type Post struct {
	URL     string
	Timeout time.Duration // of a try
	Queue   int           // entries that may wait; the oldest are left out beyond that
	First   time.Duration // pause after the first try that failed; it grows
	Longest time.Duration // and is never longer

	client *http.Client
	shown  string // the address without a password
}

// Defaults of Post.
const (
	DefaultPostTimeout = 30 * time.Second
	DefaultPostQueue   = 10_000
	defaultFirstPause  = time.Second
	defaultLongest     = 5 * time.Minute
)

// check reads the address. Errors are of kind fault.Usage.
func (p *Post) check() error {
	address, err := url.Parse(p.URL)
	switch {
	case err != nil:
		return fault.New(fault.Usage, "--post is no address: %w", err)
	case address.Scheme != "http" && address.Scheme != "https" || address.Host == "":
		return fault.New(fault.Usage, "--post %q does not begin with http:// or https:// and a host",
			address.Redacted())
	case p.Timeout < 0 || p.Queue < 0:
		return fault.New(fault.Usage, "--post-timeout and --post-queue cannot be negative")
	}
	p.shown = address.Redacted()
	for value, usual := range map[*time.Duration]time.Duration{&p.Timeout: DefaultPostTimeout,
		&p.First: defaultFirstPause, &p.Longest: defaultLongest} {
		if *value == 0 {
			*value = usual
		}
	}
	if p.Queue == 0 {
		p.Queue = DefaultPostQueue
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = mostAnswer
	p.client = &http.Client{Timeout: p.Timeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // it would turn a POST into a GET
		}}
	return nil
}

// mostAnswer bounds what is read of an answer, in bytes: of its head, and of its body.
const mostAnswer = 1 << 16

// follower sends the entries of a watch.
func (p *Post) follower(w *watcher) *follower {
	return &follower{name: postName, every: 1, longest: uint64(p.Queue),
		dropped: func(e *Entry) {
			w.count(func(s *Summary) { s.Posts.Dropped++ })
			w.note("post", fmt.Sprintf("number %d was not sent to %s: more than %d wait", e.Sequence, p.shown,
				p.Queue))
		},
		deliver: func(ctx context.Context, e *Entry) error {
			w.whole(e)
			err := p.send(ctx, w, e)
			switch {
			case err == nil:
				w.count(func(s *Summary) { s.Posts.Done++ })
			case ctx.Err() != nil:
				return err // the next run sends it
			default:
				w.count(func(s *Summary) { s.Posts.Failed++ })
				w.note("post", fmt.Sprintf("number %d is not sent: %v", e.Sequence, err))
			}
			return nil
		}}
}

// send tries until the entry is accepted, refused for good, or too many others wait.
func (p *Post) send(ctx context.Context, w *watcher, e *Entry) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	pauses := &backoff.ExponentialBackOff{InitialInterval: p.First, RandomizationFactor: 0.5, Multiplier: 2,
		MaxInterval: p.Longest}
	key := w.history.id + "-" + strconv.FormatUint(e.Sequence, 10)
	for try := 1; ; try++ {
		wait, err := p.try(ctx, key, body)
		if err == nil {
			return nil
		}
		if wait < 0 || ctx.Err() != nil {
			return err
		}
		if w.sequence.Load() > e.Sequence+uint64(p.Queue) {
			return fmt.Errorf("more than %d wait, and %w", p.Queue, err)
		}
		pause := max(pauses.NextBackOff(), min(wait, p.Longest))
		if try == 1 {
			w.note("post", fmt.Sprintf("number %d is sent again later: %v", e.Sequence, err))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try sends a body once. After an error, wait is the least pause before the next try; below 0: another try
// would not help.
func (p *Post) try(ctx context.Context, key string, body []byte) (wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader(body))
	if err != nil {
		return -1, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	request.Header.Set("User-Agent", "musc")
	response, err := p.client.Do(request)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) { // its text has the address, and a password in it
			err = where.Err
		}
		return 0, fmt.Errorf("%s cannot be reached: %w", p.shown, err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, mostAnswer)) // so that the connection serves again
	response.Body.Close()
	answer := fmt.Errorf("%s answers %s", p.shown, shortStatus(response.Status))
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return 0, nil
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly,
		code >= 500:
		return retryAfter(response.Header.Get("Retry-After")), answer
	}
	return -1, answer
}

// retryAfter is the pause that a server asks for in seconds; 0 if it asks for none, or in another form.
func retryAfter(text string) time.Duration {
	const most = math.MaxInt64 / int64(time.Second) // that a Duration holds
	seconds, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrRange) && seconds > 0 {
		err = nil // it is the largest there is
	}
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, most)) * time.Second
}

// shortStatus is as much of a status line as a message has room for, on one line.
func shortStatus(status string) string {
	const most = 80 // bytes; those of the standard have half of that
	more := ""
	if len(status) > most {
		status, more = status[:most], "..."
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, status) + more
}
