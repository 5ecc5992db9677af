package watch

import (
	"context"
	"fmt"
)

// follower hands the entries of the journal on, one after the other, and notes there how far it is. After a
// kill it hands over again what it may have handed over before.
type follower struct {
	name    string
	journal *journal
	at      int64 // where it begins
	// deliver hands an entry over. Its error ends the watch, unless ctx is done: then the next run delivers
	// the entry.
	deliver func(ctx context.Context, entry *Entry) error
	// longest is how many entries it may lie behind the newest one; 0: any number. Older ones are left out,
	// and dropped is told.
	longest uint64
	newest  func() uint64
	dropped func(entry *Entry)
	// every is how many entries share a mark, if so many are at hand.
	every int
}

// run follows until the journal ends or ctx is done.
func (f *follower) run(ctx context.Context) error {
	c := &cursor{journal: f.journal, at: f.at}
	unmarked := 0
	for {
		entry, err := c.next()
		if err != nil {
			return err
		}
		if unmarked > 0 && (entry == nil || unmarked >= f.every) {
			if err := f.mark(f.at); err != nil {
				return err
			}
			unmarked = 0
		}
		switch {
		case entry == nil:
			if !c.wait(ctx) {
				return nil
			}
			continue
		case ctx.Err() != nil:
			return nil
		case f.longest > 0 && f.newest() > entry.Sequence+f.longest:
			f.dropped(entry)
		default:
			if err := f.deliver(ctx, entry); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("%s: %w", f.name, err)
			}
		}
		f.at = c.at
		unmarked++
	}
}

func (f *follower) mark(at int64) error {
	_, err := f.journal.append(false, &Entry{Kind: mark, Mark: &Mark{f.name, at}})
	return err
}
