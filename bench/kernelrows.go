package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

// sampleTime is how long a sample of a kernel lasts at least: short calls are repeated.
const sampleTime = 5 * time.Millisecond

// contender times a kernel, per call.
func (k kernel) contender() contender {
	begun := time.Now()
	k.call()
	calls := int(sampleTime/max(time.Since(begun), 1)) + 1
	return contender{k.name, k.work, func(context.Context) (float64, error) {
		begun := time.Now()
		for range calls {
			k.call()
		}
		return time.Since(begun).Seconds() / float64(calls), nil
	}}
}

// slowestPeer is what a peer's sgemm makes at least, in operations a second: it sets how often a
// small product is repeated.
const slowestPeer = 20e9

// kernelRow times the kernels of the level in use at one shape, on one thread, with other
// programs' matrix products of the same size beside them.
func (b *bench) kernelRow(ctx context.Context, s shape, within limits) error {
	var contenders []contender
	for _, k := range kernelsOf(s) {
		contenders = append(contenders, k.contender())
	}
	work := 2 * float64(s.patches()) * float64(s.patches()) * float64(s.channels)
	for _, method := range []string{"sgemm", "openblas"} {
		if b.server.offers(method) {
			calls := 1 + int(slowestPeer*sampleTime.Seconds()/work)
			contenders = append(contenders, b.server.contender(peerNames[method], work, request{
				Method: method, Rows: s.patches(), Columns: s.patches(), Channels: s.channels,
				Threads: 1, Calls: calls}))
		}
	}
	row := Row{Group: groupKernels, Shape: s.String(), Level: level(), Threads: 1}
	row, err := b.alternate(ctx, row, contenders, within)
	b.result.Rows = append(b.result.Rows, row)
	return err
}

// ofCeiling is the share of the peak that the product reaches in a row of kernels, NaN without.
func ofCeiling(row *Row) spread {
	return spreadOf(rateRatios(row.find(caseProduct), row.find(caseCeiling)))
}

// percent writes a share, or a dash for NaN.
func percent(share float64) string {
	if math.IsNaN(share) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}
