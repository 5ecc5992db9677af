package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// kind is one sort of request.
type kind struct {
	name  string
	allow []int // statuses; 503, the queue is full, may be the answer to all. 0: none comes
	send  func(ctx context.Context, l *load, random *rand.Rand) (status int, err error)
}

const goodName = "photo"

// kinds are all sorts of requests: the first is good, the others are not.
var kinds = []kind{
	{goodName, []int{200}, func(ctx context.Context, l *load, random *rand.Rand) (int, error) {
		query := []string{"", "", "", "?map=scores", "?map=png", "?map=tiff", "?regions=runs"}[random.IntN(7)]
		return l.post(ctx, query, "image/png", bytes.NewReader(l.pick(random)))
	}},
	{"half a photo", []int{400}, body("image/png", func(l *load, random *rand.Rand) []byte {
		data := l.pick(random)
		return data[:len(data)/2]
	})},
	{"text", []int{400}, body("image/jpeg", func(*load, *rand.Rand) []byte {
		return bytes.Repeat([]byte("these are notes\n"), 1000)
	})},
	{"empty", []int{400}, body("image/png", func(*load, *rand.Rand) []byte { return nil })},
	{"noise", []int{400}, body("application/octet-stream", func(_ *load, random *rand.Rand) []byte {
		data := make([]byte, 1+random.IntN(1<<16))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		return data
	})},
	{"a photo with noise in it", []int{200, 400}, body("image/png", func(l *load, random *rand.Rand) []byte {
		data := bytes.Clone(l.pick(random))
		for range 20 {
			data[64+random.IntN(len(data)-64)] ^= byte(1 + random.IntN(255))
		}
		return data
	})},
	{"60,000 x 60,000 pixels", []int{422}, body("image/png", func(*load, *rand.Rand) []byte {
		chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), 60000)
		chunk = append(binary.BigEndian.AppendUint32(chunk, 60000), 8, 2, 0, 0, 0)
		head := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
		return binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(chunk))
	})},
	{"another media type", []int{415}, body("application/json", func(*load, *rand.Rand) []byte {
		return []byte(`{"photo": null}`)
	})},
	{"another map", []int{400}, func(ctx context.Context, l *load, random *rand.Rand) (int, error) {
		return l.post(ctx, "?map=jpeg", "image/png", bytes.NewReader(l.pick(random)))
	}},
	{"another method", []int{405}, func(ctx context.Context, l *load, _ *rand.Rand) (int, error) {
		return l.request(ctx, http.MethodPut, "", "image/png", nil)
	}},
	{"sent slowly", []int{0, 200, 408}, func(ctx context.Context, l *load, random *rand.Rand) (int, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		return l.post(ctx, "", "image/png", &slowReader{ctx, bytes.NewReader(l.pick(random))})
	}},
	{"a client that goes away", []int{0, 200}, func(ctx context.Context, l *load, random *rand.Rand) (int, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(random.IntN(20))*time.Millisecond)
		defer cancel()
		return l.post(ctx, "", "image/png", bytes.NewReader(l.pick(random)))
	}},
}

// body is a request with a body of its own.
func body(mediaType string, of func(*load, *rand.Rand) []byte) func(context.Context, *load, *rand.Rand) (int, error) {
	return func(ctx context.Context, l *load, random *rand.Rand) (int, error) {
		return l.post(ctx, "", mediaType, bytes.NewReader(of(l, random)))
	}
}

// slowReader gives a few bytes at a time.
type slowReader struct {
	ctx  context.Context
	from io.Reader
}

func (s *slowReader) Read(p []byte) (int, error) {
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-time.After(50 * time.Millisecond):
	}
	return s.from.Read(p[:min(len(p), 100)])
}

func (l *load) pick(random *rand.Rand) []byte { return l.good[random.IntN(len(l.good))] }

func (l *load) post(ctx context.Context, query, mediaType string, from io.Reader) (int, error) {
	return l.request(ctx, http.MethodPost, query, mediaType, from)
}

// request sends one and reads its answer; status 0 is none.
func (l *load) request(ctx context.Context, method, query, mediaType string, from io.Reader) (int, error) {
	r, err := http.NewRequestWithContext(ctx, method, l.address+"/v1/score"+query, from)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", mediaType)
	r.Header.Set("Authorization", "Bearer "+l.token)
	response, err := l.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, fmt.Errorf("after the status %d: %w", response.StatusCode, err)
	}
	return response.StatusCode, nil
}
