//go:build cuda && linux

package mutual

import (
	"slices"

	"musc/kernels"
)

// courier exchanges a device's keys with the others': it compares the pairs that were dealt to the
// device and sends what it found for the other's images. A round is one stage and some windows. It
// never waits without taking what comes in, and what it takes it gives back before it goes on: no
// device waits for one that waits for it.
type courier struct {
	*deviceRun
	blocks  []block
	runs    []*deviceRun // all devices
	expects int          // pairs whose keys others send in a round

	inbox  chan delivery
	back   chan *kernels.Parcel // parcels of this device that were merged
	idle   []*kernels.Parcel
	sent   []delivery // on their way from the device, the oldest first
	merged []delivery // on their way to it
	early  []delivery // of rounds to come

	round   int
	missing int // pairs of this round whose keys did not come yet

	parcel *kernels.Parcel // that is being packed
	to     int             // who gets it
	pairs  []kernels.Pair
}

// delivery is a parcel that is handed on.
type delivery struct {
	parcel *kernels.Parcel
	round  int
	to     int
	back   chan<- *kernels.Parcel
}

// connect gives the devices couriers if they were planned to exchange keys.
func connect(runs []*deviceRun) (exchange bool) {
	if runs[0].sizes.Packed == 0 {
		return false
	}
	of := make([]share, len(runs))
	for k, r := range runs {
		of[k] = r.share
	}
	blocks := deal(of)
	for k, r := range runs {
		own := len(r.device.Parcels())
		r.courier = &courier{deviceRun: r, blocks: blocks[k], runs: runs,
			inbox: make(chan delivery, own*len(runs)), back: make(chan *kernels.Parcel, own),
			idle: slices.Clone(r.device.Parcels())}
	}
	for _, all := range blocks {
		for _, b := range all {
			runs[b.owner].courier.expects += b.pairs()
		}
	}
	return true
}

// begin starts a round, once the device's keys are to be cleared.
func (r *deviceRun) begin() error {
	c := r.courier
	if c == nil {
		return nil
	}
	c.round++
	c.missing = c.expects
	early := c.early
	c.early = nil
	for _, d := range early {
		if err := c.take(d); err != nil {
			return err
		}
	}
	return nil
}

// finish ends a round: all is sent, and all that others sent is among the device's keys.
func (r *deviceRun) finish() error {
	c := r.courier
	if c == nil {
		return nil
	}
	for c.missing > 0 || len(c.sent) > 0 || len(c.merged) > 0 {
		if err := c.turn(true); err != nil {
			return err
		}
	}
	return nil
}

// compare packs the pairs of an entry of another device, whose features are in a slot, with those
// rows that were dealt.
func (c *courier) compare(of block, other, slot int) error {
	rows := of.rows.images()
	parts := (rows + c.sizes.Packed - 1) / c.sizes.Packed
	for part := range parts {
		piece := share{of.rows.first + part*rows/parts, of.rows.first + (part+1)*rows/parts}
		if err := c.extend(of.owner, other, piece); err != nil {
			return err
		}
		for entry := piece.first; entry < piece.end; entry++ {
			row, scorer := c.device.PackedAt(len(c.pairs))
			own := entry - c.first
			pair := kernels.Pair{Rows: own, RowOfRows: own, ScorerOfRows: other,
				Columns: slot, RowOfColumns: row, ScorerOfColumns: scorer}
			if other < entry {
				pair = kernels.Pair{Rows: slot, RowOfRows: row, ScorerOfRows: scorer,
					Columns: own, RowOfColumns: own, ScorerOfColumns: other}
			}
			c.pairs = append(c.pairs, pair)
		}
	}
	return nil
}

// extend makes room in the parcel for an entry of another device by a piece of the rows, or sends
// it and begins the next one.
func (c *courier) extend(owner, other int, piece share) error {
	p, row := c.parcel, other-c.runs[owner].first
	if p != nil && c.to == owner && p.FirstScorer == piece.first && p.Scorers == piece.images() &&
		row == p.FirstRow+p.Rows && (p.Rows+1)*p.Scorers <= c.sizes.Packed {
		p.Rows++
		return nil
	}
	if err := c.flush(); err != nil {
		return err
	}
	for len(c.idle) == 0 {
		if err := c.turn(true); err != nil {
			return err
		}
	}
	c.parcel, c.idle = c.idle[0], c.idle[1:]
	c.to = owner
	c.parcel.FirstRow, c.parcel.Rows = row, 1
	c.parcel.FirstScorer, c.parcel.Scorers = piece.first, piece.images()
	return c.device.Pack()
}

// flush searches the parcel's pairs and sends it.
func (c *courier) flush() error {
	if err := c.ctx.Err(); err != nil || c.parcel == nil {
		return err
	}
	if err := c.device.Search(c.pairs); err != nil {
		return err
	}
	if err := c.device.Send(c.parcel); err != nil {
		return err
	}
	c.progress.add(len(c.pairs) * c.degrees)
	c.sent = append(c.sent, delivery{c.parcel, c.round, c.to, c.back})
	c.parcel, c.pairs = nil, c.pairs[:0]
	return c.turn(false)
}

// turn hands on what has arrived, gives back what was merged and takes what came. If it is to wait,
// it does one of these at least: first for what the device itself does.
func (c *courier) turn(wait bool) error {
	left, merging := len(c.sent), len(c.merged)
	if err := c.handOn(wait); err != nil {
		return err
	}
	if err := c.giveBack(wait && len(c.sent) == left); err != nil {
		return err
	}
	wait = wait && len(c.sent) == left && len(c.merged) == merging
	for {
		select {
		case d := <-c.inbox:
			if err := c.take(d); err != nil {
				return err
			}
			wait = false
			continue
		case parcel := <-c.back:
			c.idle = append(c.idle, parcel)
			wait = false
			continue
		default:
		}
		if !wait {
			return c.ctx.Err()
		}
		select {
		case d := <-c.inbox:
			return c.take(d)
		case parcel := <-c.back:
			c.idle = append(c.idle, parcel)
			return nil
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
}

// handOn gives the others what has left the device. Their inboxes have room for all parcels.
func (c *courier) handOn(wait bool) error {
	for len(c.sent) > 0 {
		oldest := c.sent[0]
		if gone, err := c.device.Sent(oldest.parcel, wait); err != nil || !gone {
			return err
		}
		c.runs[oldest.to].courier.inbox <- oldest
		c.sent, wait = c.sent[1:], false
	}
	return nil
}

// giveBack returns the parcels that were merged.
func (c *courier) giveBack(wait bool) error {
	if len(c.merged) == 0 {
		return nil
	}
	if done, err := c.device.Merged(wait); err != nil || !done {
		return err
	}
	for _, d := range c.merged {
		d.back <- d.parcel
	}
	c.merged = nil
	return nil
}

// take merges a parcel, or keeps it for its round.
func (c *courier) take(d delivery) error {
	if d.round > c.round {
		c.early = append(c.early, d)
		return nil
	}
	c.missing -= d.parcel.Rows * d.parcel.Scorers
	c.merged = append(c.merged, d)
	return c.device.Merge(d.parcel)
}
