package main

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// load is one run.
type load struct {
	options
	good   [][]byte
	client *http.Client

	mutex   sync.Mutex
	counts  map[string]map[int]int // by kind and status
	seconds []float64              // of good requests that were answered with 200
	wrong   []string               // answers that must not be, the first few
}

func newLoad(o options, good [][]byte) *load {
	return &load{options: o, good: good, counts: map[string]map[int]int{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.clients + 1}}}
}

// run has all clients send until ctx is done.
func (l *load) run(ctx context.Context) {
	var clients sync.WaitGroup
	for number := range l.clients {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(number)))
			for ctx.Err() == nil {
				l.one(ctx, random)
			}
		})
	}
	clients.Wait()
	l.client.CloseIdleConnections()
}

// one sends a request and notes its answer; what the end of the run cut off is none.
func (l *load) one(ctx context.Context, random *rand.Rand) {
	k := kinds[0]
	if random.IntN(100) < l.bad {
		k = kinds[1+random.IntN(len(kinds)-1)]
	}
	began := time.Now()
	status, err := k.send(ctx, l, random)
	took := time.Since(began).Seconds()
	if ctx.Err() != nil {
		return
	}
	l.mutex.Lock()
	if l.counts[k.name] == nil {
		l.counts[k.name] = map[int]int{}
	}
	l.counts[k.name][status]++
	if k.name == goodName && status == http.StatusOK {
		l.seconds = append(l.seconds, took)
	}
	if !k.allows(status) && len(l.wrong) < 10 {
		text := k.name + ": " + strconv.Itoa(status)
		if err != nil {
			text += " " + err.Error()
		}
		l.wrong = append(l.wrong, text)
	}
	l.mutex.Unlock()
	if status == http.StatusServiceUnavailable { // as the server asks, though sooner
		time.Sleep(20 * time.Millisecond)
	}
}

func (k kind) allows(status int) bool {
	for _, allowed := range k.allow {
		if status == allowed {
			return true
		}
	}
	return status == http.StatusServiceUnavailable
}

// sample is what the server says of itself.
type sample struct {
	at       time.Time
	resident float64 // bytes
	cpu      float64 // seconds
	panics   float64
}

// watch samples the server until ctx is done; the function that it gives waits for that.
func (l *load) watch(ctx context.Context) func() []sample {
	var samples []sample
	ended := make(chan struct{})
	take := func() {
		if s, err := l.sample(); err == nil {
			samples = append(samples, s)
		}
	}
	take()
	go func() {
		defer close(ended)
		ticks := time.NewTicker(max(l.time/40, 50*time.Millisecond))
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				take()
				return
			case <-ticks.C:
				take()
			}
		}
	}()
	return func() []sample { <-ended; return samples }
}

func (l *load) sample() (s sample, err error) {
	r, err := http.NewRequest(http.MethodGet, l.address+"/metrics", nil)
	if err != nil {
		return s, err
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	response, err := l.client.Do(r)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	s.at = time.Now()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		number, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "process_resident_memory_bytes":
			s.resident = number
		case "process_cpu_seconds_total":
			s.cpu = number
		case "musc_panics_total":
			s.panics = number
		}
	}
	return s, lines.Err()
}
