// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
)

// display shows a run while it lasts.
type display interface {
	look(engine.Progress) // called every observeEvery, and once more at the end
	observeEvery() time.Duration
	interrupted(timeout time.Duration)
	end() // nothing is written after it
}

// silent is the display of --quiet.
type silent struct{}

func (silent) look(engine.Progress)        {}
func (silent) observeEvery() time.Duration { return time.Hour }
func (silent) interrupted(time.Duration)   {}
func (silent) end()                        {}

// progressLines writes plain lines that read well in a log file. A failed write
// does not end the load.
type progressLines struct {
	mu      sync.Mutex // lines come from the engine and from the end of the context
	to      io.Writer
	every   time.Duration
	cluster clusterView
}

func (p *progressLines) observeEvery() time.Duration { return p.every }

func (p *progressLines) look(now engine.Progress) {
	if now.Done {
		return // the summary follows
	}
	p.line(progressLine(now) + p.replicas())
}

// replicas is the end of a line: ready of wanted, metric of target.
func (p *progressLines) replicas() string {
	seen := p.cluster.now()
	if seen == nil {
		return ""
	}
	text := fmt.Sprintf("   replicas %d of %d", seen.Ready, seen.Desired)
	if seen.Metric != nil {
		text += fmt.Sprintf("   metric %s of %s", draw.FixedRate(*seen.Metric), draw.Rate(seen.Target))
	}
	return text
}

func (p *progressLines) interrupted(timeout time.Duration) {
	p.line(fmt.Sprintf("interrupted: no more requests; waiting at most %s for answers (again to quit at once)", seconds(timeout)))
}

// end prevents a late line from following the summary.
func (p *progressLines) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = io.Discard
}

func (p *progressLines) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.to, text)
}

func progressLine(now engine.Progress) string {
	return fmt.Sprintf("%6.0f of %s   offered %7.1f/s   achieved %7.1f/s   in flight %4d   failed %d   not 2xx %d   dropped %d",
		now.Elapsed.Seconds(), seconds(now.Duration), now.OfferedRate, now.AchievedRate,
		now.InFlight, now.Failed, now.NonSuccess(), now.Dropped)
}
