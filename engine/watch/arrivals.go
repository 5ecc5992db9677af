package watch

import (
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"musc/engine/results"
)

// arrival is a photo that is whole, as far as one can tell from outside.
type arrival struct {
	found
	since time.Time // unchanged since, on this process's clock
	whole time.Time // when it was found to be so
}

// fate is what became of an arrival.
type fate int

const (
	done     fate = iota // it is in the journal
	again                // it is not whole yet, or was not when it was read
	vanished             // it is not there any more
)

// settled says what became of an arrival.
type settled struct {
	name string
	fate fate
}

// candidate is a photo that is waited for, queued or under way.
type candidate struct {
	found
	order    uint64    // in which candidates were found
	since    time.Time // unchanged since
	next     time.Time // when it is looked at again
	tries    int       // that failed since then
	underway bool
	touched  bool // while it was under way
}

// arrivals finds photos and waits until they are whole. All of it is one goroutine's: run.
type arrivals struct {
	*Options
	scanner *scanner
	known   *known
	connect func() (notifier, error)
	note    func(kind, text string)
	out     chan<- arrival
	settled <-chan settled

	notifier notifier // nil: polling
	interval time.Duration
	rootInfo fs.FileInfo
	away     bool

	table   map[string]*candidate
	waiting candidates
	queue   []*candidate
	orders  uint64
	more    bool // photos were passed by, as the table was full

	nextScan, nextLook time.Time
	rested             time.Time // when the next scan of all may be, if there is something to look for
	toldNotes          map[string]bool
}

const (
	// lookEvery is how often it is seen whether the folder is there.
	lookEvery = time.Second
	// longestPause is how long at most a photo that fails while it is young waits for its next try.
	longestPause = 5 * time.Second
	// noteVanished is the kind of the note of a photo that went before its turn.
	noteVanished = "vanished"
	// scanShare bounds the time that scans take: one in so many.
	scanShare = 10
)

// run finds photos until ctx is done.
func (a *arrivals) run(ctx context.Context) error {
	defer a.disconnect()
	a.look(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(a.wake()))
		var out chan<- arrival
		var first arrival
		if len(a.queue) > 0 {
			c := a.queue[0]
			out, first = a.out, arrival{c.found, c.since, time.Now()}
		}
		var events <-chan event
		var failures <-chan error
		if a.notifier != nil {
			events, failures = a.notifier.Events(), a.notifier.Errors()
		}
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-events:
			if !open {
				a.poll("the system tells of no more changes")
				break
			}
			a.changed(ctx, e)
		case err, open := <-failures:
			if open {
				a.missed(err)
			}
		case out <- first:
			a.queue[0].underway = true
			a.queue = a.queue[1:]
		case s := <-a.settled:
			a.settle(ctx, s)
		case <-timer.C:
		}
		a.work(ctx)
	}
}

// wake is when there is something to do next.
func (a *arrivals) wake() time.Time {
	next := a.nextLook
	if !a.away && a.nextScan.Before(next) {
		next = a.nextScan
	}
	if len(a.waiting) > 0 && a.waiting[0].next.Before(next) {
		next = a.waiting[0].next
	}
	return next
}

// work does what is due.
func (a *arrivals) work(ctx context.Context) {
	now := time.Now()
	if !now.Before(a.nextLook) {
		a.look(ctx)
	}
	if !a.away && !now.Before(a.nextScan) {
		a.scanAll(ctx)
	}
	for len(a.waiting) > 0 && !now.Before(a.waiting[0].next) {
		a.check(heap.Pop(&a.waiting).(*candidate))
	}
}

// look sees whether the folder is there, and is still the one whose changes are told.
func (a *arrivals) look(ctx context.Context) {
	a.nextLook = time.Now().Add(lookEvery)
	info, err := os.Stat(a.Folder)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder any more")
	}
	if err != nil {
		if !a.away {
			a.away = true
			a.disconnect()
			a.forget()
			a.note("away", a.Folder+" cannot be read: "+bare(err)+"; waiting until it is back")
		}
		return
	}
	if a.rootInfo != nil && os.SameFile(info, a.rootInfo) && !a.away {
		return
	}
	if a.rootInfo != nil {
		a.note("back", a.Folder+" is back")
	}
	a.rootInfo, a.away = info, false
	a.disconnect()
	a.begin()
	a.scanAll(ctx)
}

// forget drops all candidates but those under way.
func (a *arrivals) forget() {
	a.waiting, a.queue = nil, nil
	for name, c := range a.table {
		if !c.underway {
			delete(a.table, name)
		}
	}
}

// begin chooses how changes are learned of.
func (a *arrivals) begin() {
	system := remoteSystem(a.Folder)
	switch {
	case a.Poll > 0:
		a.interval = a.Poll
	case system != "":
		a.poll("it is on " + system + ", where changes by other machines are not told")
	default:
		a.interval = a.Rescan
		var err error
		if a.notifier, err = a.connect(); err != nil {
			a.notifier = nil
			a.poll("the system does not tell of changes: " + err.Error())
		}
	}
}

// poll goes over to polling.
func (a *arrivals) poll(why string) {
	a.disconnect()
	a.interval = defaultPoll
	a.nextScan = time.Now()
	a.once("poll", a.Folder+" is looked through every "+defaultPoll.String()+": "+why)
}

func (a *arrivals) disconnect() {
	if a.notifier != nil {
		a.notifier.Close()
		a.notifier = nil
	}
}

// once tells a note that was not told before.
func (a *arrivals) once(kind, text string) {
	if !a.toldNotes[text] {
		if len(a.toldNotes) < mostNotes {
			a.toldNotes[text] = true
		}
		a.note(kind, text)
	}
}

// scanAll looks for news in the whole folder.
func (a *arrivals) scanAll(ctx context.Context) {
	began := time.Now()
	a.more = false
	err := a.scan(ctx, a.Folder)
	now := time.Now()
	a.rested = now.Add(scanShare * now.Sub(began))
	a.nextScan = now.Add(max(a.interval, a.rested.Sub(now)))
	if err != nil && ctx.Err() == nil {
		a.nextLook = time.Now() // it says what is the matter
		a.nextScan = time.Now().Add(lookEvery)
	}
}

// scan looks for news below a folder.
func (a *arrivals) scan(ctx context.Context, below string) error {
	a.scanner.keep = max(a.Queue-len(a.table), 0)
	a.scanner.wanted = a.news
	a.scanner.folder = a.follow
	list, more, err := a.scanner.scan(ctx, below)
	for _, text := range a.scanner.notes {
		a.once("passed by", text)
	}
	if err != nil {
		return err
	}
	a.more = a.more || more
	now := time.Now()
	for _, f := range list {
		a.add(f, now)
	}
	return nil
}

// news says whether a photo is not known and not waited for yet.
func (a *arrivals) news(f found) bool {
	if c, is := a.table[f.name]; is {
		if c.underway && (c.size != f.size || c.modified != f.modified) {
			c.touched = true
		}
		return false
	}
	return !a.known.has(f.name, f.size, f.modified)
}

// add waits for a photo until it is whole.
func (a *arrivals) add(f found, now time.Time) {
	a.orders++
	c := &candidate{found: f, order: a.orders, since: now, next: now.Add(a.Settle)}
	a.table[f.name] = c
	heap.Push(&a.waiting, c)
}

// check looks at a candidate whose time has come.
func (a *arrivals) check(c *candidate) {
	now := time.Now()
	f, is := a.scanner.photo(filepath.Join(a.Folder, filepath.FromSlash(c.name)))
	switch {
	case !is:
		a.gone(c.name)
	case a.known.has(f.name, f.size, f.modified):
		delete(a.table, c.name)
	case f != c.found:
		c.found, c.since, c.tries, c.next = f, now, 0, now.Add(a.Settle)
		heap.Push(&a.waiting, c)
	default:
		a.queue = append(a.queue, c)
	}
}

// gone tells of a photo that vanished, unless the whole folder did.
func (a *arrivals) gone(name string) {
	delete(a.table, name)
	if _, err := os.Stat(a.Folder); err != nil {
		a.nextLook = time.Now()
		return
	}
	a.note(noteVanished, filepath.Join(a.Folder, filepath.FromSlash(name))+" vanished before it was scored")
}

// settle takes note of what became of an arrival.
func (a *arrivals) settle(ctx context.Context, s settled) {
	c := a.table[s.name]
	if c == nil {
		return
	}
	c.underway = false
	switch {
	case s.fate == vanished:
		a.gone(s.name)
	case s.fate == again:
		pause := min(a.Settle<<min(c.tries, 16), longestPause)
		c.tries++
		c.touched = false // it is looked at anyway
		c.next = time.Now().Add(max(pause, time.Millisecond))
		heap.Push(&a.waiting, c)
	default:
		delete(a.table, s.name)
		if c.touched {
			a.consider(s.name)
		}
	}
	if a.more && len(a.table) <= a.Queue/2 {
		a.soon()
	}
}

// soon has the folder looked through as soon as scans do not take too much of the time.
func (a *arrivals) soon() {
	if a.rested.Before(a.nextScan) {
		a.nextScan = a.rested
	}
}

// consider looks at a photo by its name.
func (a *arrivals) consider(name string) {
	path := filepath.Join(a.Folder, filepath.FromSlash(name))
	f, is := a.scanner.photo(path)
	switch {
	case !is || !a.news(f):
	case results.Recognise(filepath.Dir(path)).Owns(filepath.Dir(path), filepath.Base(path)):
	case len(a.table) >= a.Queue:
		a.more = true
	default:
		a.add(f, time.Now())
	}
}

// candidates is a heap with the one that is looked at next on top.
type candidates []*candidate

func (h candidates) Len() int { return len(h) }
func (h candidates) Less(i, j int) bool {
	if by := h[i].next.Compare(h[j].next); by != 0 {
		return by < 0
	}
	return h[i].order < h[j].order
}
func (h candidates) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *candidates) Push(c any)   { *h = append(*h, c.(*candidate)) }
func (h *candidates) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return c
}
