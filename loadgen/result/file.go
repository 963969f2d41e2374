// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Failures of [Read], for errors.Is.
var (
	ErrNotAResult = errors.New("not a result of loadgen")
	ErrVersion    = errors.New("schema version")
)

// Write writes the document as indented JSON with a newline at the end. The same
// document gives the same bytes.
func (d *Document) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return fmt.Errorf("writing a result: %w", err)
	}
	return nil
}

// Read reads what Write wrote. Fields it does not know are ignored: they come
// from a newer loadgen with the same schema version. The error is ErrNotAResult
// for anything other than a result, ErrVersion for a result of another schema
// version; both say what to do.
func Read(r io.Reader) (*Document, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	var version struct {
		SchemaVersion *int `json:"schema_version"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("%w: %v; give a file written by loadgen run --out", ErrNotAResult, err)
	}
	switch v := version.SchemaVersion; {
	case v == nil:
		return nil, fmt.Errorf("%w: it has no schema_version; give a file written by loadgen run --out", ErrNotAResult)
	case *v < SchemaVersion:
		return nil, fmt.Errorf("%w %d is older than the %d read here and holds no histograms to merge or draw; repeat the run (same seed) with this loadgen",
			ErrVersion, *v, SchemaVersion)
	case *v > SchemaVersion:
		return nil, fmt.Errorf("%w %d is newer than the %d read here; use the loadgen that wrote it, or a later one", ErrVersion, *v, SchemaVersion)
	}
	d := new(Document)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotAResult, err)
	}
	// An older document, or one from another program, may contain credentials.
	d.Run.Target = invalid.WithoutCredentials(d.Run.Target)
	d.complete()
	if err := d.Validate(); err != nil {
		return nil, err
	}
	// Older files lack it, and it must agree with the rest.
	shape, err := d.Run.Profile.sequence()
	if err != nil {
		return nil, err
	}
	d.Unready = d.unready(shape)
	return d, nil
}

// complete puts empty values where JSON had none.
func (d *Document) complete() {
	d.Statuses, d.Errors = cloned(d.Statuses), cloned(d.Errors)
	d.Latency, d.SuccessLatency, d.SendDelay = distribution(d.Latency), distribution(d.SuccessLatency), distribution(d.SendDelay)
	for i := range d.Seconds {
		s := &d.Seconds[i]
		s.Classes, s.Errors, s.Latency = cloned(s.Classes), cloned(s.Errors), distribution(s.Latency)
	}
}

// Validate finds numbers that contradict each other, as in a document that was
// edited or truncated. Read calls it. The error is ErrNotAResult.
func (d *Document) Validate() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format+"; the file was changed after the run", append([]any{ErrNotAResult}, args...)...)
	}
	sequence, err := d.Run.Profile.sequence()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNotAResult, err)
	case len(d.Run.Parts) == 0 || d.Run.Generators != len(d.Run.Parts):
		return wrong("run.generators is %d with %d run.parts", d.Run.Generators, len(d.Run.Parts))
	case !(d.Run.Profile.Scale > 0):
		return wrong("run.profile.scale is %g", d.Run.Profile.Scale)
	case d.Run.DurationSeconds != sequence.Duration().Seconds():
		return wrong("run.duration_seconds is %g, the profile lasts %g", d.Run.DurationSeconds, sequence.Duration().Seconds())
	}
	c := d.Requests
	if c.Offered != c.Sent+c.Dropped || c.Sent != c.Completed+c.Failed || c.Succeeded > c.Completed {
		return wrong("requests do not add up: %+v", c)
	}
	sum := measure.Counts{Late: c.Late} // not recorded per second
	for i, s := range d.Seconds {
		if s.At != i {
			return wrong("seconds[%d] has second %d", i, s.At)
		}
		sum.Add(s.Counts())
	}
	if sum != c {
		return wrong("the seconds do not add up to the requests")
	}
	return nil
}
